// What was learned of a textbook problem, beside what is optimal.

import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { state } from "../state.js";
import { fold } from "./parts.js";

const TIE = 1e-9;
const best = (q) => q.reduce((at, x, i) => (x > q[at] + TIE ? i : at), 0);
const near = (a, b) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

export function policyView() {
  const policy = state.look.policy;
  if (!policy) return html`<p class="blank">${t("learn.waiting")}</p>`;
  const trained = policy.states.some(({ q }) => q.length > 0);
  const choices = policy.states.filter(({ actions }) => actions.length > 1);
  // An action counts as right when it is one of the best, however ties fall.
  const same = choices.filter((s) => trained && near(s.qStar[best(s.q)], s.qStar[best(s.qStar)])).length;
  return html`
    <p class="small soft num">${trained ? t("look.policy.agree", { same: format.whole(same), all: format.whole(choices.length) }) : t("look.policy.untrained")}</p>
    ${policy.grid ? grids(policy) : nothing}
    ${fold("policy", t("look.policy.table"), () => table(policy), { open: !policy.grid })}
  `;
}

function grids(policy) {
  return html`<div class="grids">
    <div class="stack"><h3>${t("look.policy.learned")}</h3><q-chart size="grid" plain .spec=${grid(policy, "q", "learned")}></q-chart></div>
    <div class="stack"><h3>${t("look.policy.optimal")}</h3><q-chart size="grid" plain .spec=${grid(policy, "qStar", "optimal")}></q-chart></div>
  </div>`;
}

const DIRECTIONS = { "←": "left", "↑": "up", "→": "right", "↓": "down" };

function grid({ states, grid: [width, height] }, which, title) {
  const placed = states.filter(({ cell }) => cell !== null && cell !== undefined);
  // Cells that no state stands for can't be entered.
  const cells = Array.from({ length: width * height }, () => ({ wall: true }));
  for (const { cell, actions, name, [which]: q } of placed) {
    cells[cell] = actions.length === 0 || q.length === 0 ? { text: actions.length === 0 ? name : "" } : { value: q[best(q)], best: directions(actions, q) };
  }
  return { kind: "grid", title: t(`look.policy.${title}`), grid: { columns: width, cells } };
}

/** Every action that is as good as the best. */
const directions = (actions, q) => actions.filter((_, at) => near(q[at], q[best(q)])).map((name) => DIRECTIONS[name]).filter(Boolean);

function table({ states }) {
  return html`<div class="scroll preview" tabindex="0" role="region" aria-label=${t("look.policy.table")}><table>
    <thead><tr><th scope="col">${t("look.policy.state")}</th><th scope="col">${t("look.policy.best")}</th><th scope="col" class="num">${t("look.q")}</th><th scope="col" class="num">${t("look.qStar")}</th><th scope="col" class="num">${t("look.policy.visits")}</th></tr></thead>
    <tbody>${states.filter(({ actions }) => actions.length > 0).flatMap((s) => s.actions.map((action, at) => html`<tr>
      <td>${at === 0 ? s.name : nothing}</td><td>${action}${s.q.length > 0 && best(s.q) === at && s.actions.length > 1 ? " ●" : nothing}</td><td class="num">${format.fixed(s.q[at], 4)}</td><td class="num">${format.fixed(s.qStar[at], 4)}</td><td class="num">${format.whole(s.visits[at])}</td></tr>`))}</tbody>
  </table></div>`;
}
