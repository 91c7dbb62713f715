// Small pieces that several views are made of.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";

/** What went wrong, where, and how to mend it. */
export function problemBox(problem, after = nothing) {
  if (!problem) return nothing;
  return html`<div class="message bad" role="alert">
    <b>${say(problem.what)}</b>${place(problem.place)} ${say(problem.mend)} ${after}
  </div>`;
}

function place(where) {
  if (!where) return nothing;
  const key = where.column > 0 ? "line.column" : "line";
  return html` <span class="num">(${t(key, { line: format.whole(where.line), column: where.column })})</span>`;
}

/** Names and numbers side by side. */
export const figures = (pairs) => html`<dl class="figures">
  ${pairs.map(([name, value, title]) => html`<div title=${title ?? nothing}><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>`;

/** Names with bars. */
export function bars(rows) {
  const most = Math.max(1, ...rows.map(([, count]) => count));
  return html`<ul class="bars">
    ${rows.map(
      ([name, count]) => html`<li>
        <span class="name clip" title=${name}>${name}</span>
        <meter aria-label=${name} min="0" max=${most} value=${count}></meter>
        <span class="num">${format.whole(count)}</span>
      </li>`,
    )}
  </ul>`;
}

export const facts = (pairs) => html`<dl class="facts">
  ${pairs.filter(Boolean).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
</dl>`;

export const options = (entries, chosen) =>
  entries.map(([key, label]) => html`<option value=${key} .selected=${String(key) === String(chosen)}>${label}</option>`);

/** Keeps what a person opened open. */
const folds = new Map();
export function fold(id, title, content, { open = false, badge = nothing, className = "fold" } = {}) {
  const wish = folds.get(id) ?? open;
  return html`<details class=${className} .open=${wish} @toggle=${(event) => folds.set(id, event.target.open)}>
    <summary>${title}${badge === nothing ? nothing : html`<span class="badge">${badge}</span>`}</summary>
    ${content()}
  </details>`;
}
export const openFold = (id) => folds.set(id, true);
