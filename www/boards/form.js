// What the forms of the policy board are made of.

import { html, nothing } from "../vendor/lit-html.js";
import { isOperation } from "../decisions.js";
import { unit } from "../decisions/money.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { changed, state } from "../state.js";
import { options, problemBox } from "../views/parts.js";
import { cancel, isStale, run } from "./policies.js";

const field = (kind, name, control) => html`<div class="field"><label for=${`po-${kind}-${name}`}>${t(`policies.${kind}.${name}`)}</label>${control}</div>`;

/** A number of a form; what is out of range springs back. */
export function number(kind, name, min, max, step, { unit = "", empty = null } = {}) {
  const form = state.policies.forms[kind];
  const change = ({ target }) => {
    if (target.value === "" && empty !== null) form[name] = null;
    else if (target.validity.valid && target.value !== "") form[name] = target.valueAsNumber;
    target.value = shown(form[name]);
    changed("evaluate");
  };
  const shown = (value) => (value === null ? "" : String(value));
  return field(kind, name, html`<div class=${`box ${unit ? "has-unit" : ""}`}><input id=${`po-${kind}-${name}`} type="number" min=${min} max=${max} step=${step} placeholder=${empty ?? nothing} .value=${shown(form[name])} @change=${change}>${unit ? html`<span class="unit" aria-hidden="true">${unit}</span>` : nothing}</div>`);
}

export function choice(kind, name, entries) {
  const form = state.policies.forms[kind];
  const change = ({ target }) => {
    form[name] = target.value;
    changed("evaluate");
  };
  return field(kind, name, html`<select id=${`po-${kind}-${name}`} @change=${change}>${options(entries, form[name])}</select>`);
}

export function word(kind, name, placeholder = "") {
  const form = state.policies.forms[kind];
  return field(kind, name, html`<input id=${`po-${kind}-${name}`} type="text" placeholder=${placeholder} .value=${form[name]} @change=${({ target }) => { form[name] = target.value.trim(); changed("evaluate"); }}>`);
}

export function check(kind, name) {
  const form = state.policies.forms[kind];
  return html`<label class="check small"><input type="checkbox" .checked=${form[name]} @change=${({ target }) => { form[name] = target.checked; changed("evaluate"); }}>${t(`policies.${kind}.${name}`)}</label>`;
}

/** How policies that explore do it, shared by all studies. */
export const exploring = () => [number("exploring", "epsilon", 0, 1, 0.01), number("exploring", "temperature", 0.000001, 1000000, "any")];

/** Run, cancel, and where it is. `missing` says what has to be done first. */
export function transport(kind, missing = null, more = nothing) {
  const { running, results } = state.policies;
  const own = running?.kind === kind;
  const made = results[kind];
  const note = own ? stage(running) : missing ?? (made && isStale(kind) ? t("policies.stale") : "");
  return html`<div class="stack">
    <div class="transport">
      <button type="button" class="primary" data-testid=${`run-${kind}`} data-runs=${state.policies.runs} ?disabled=${running !== null || missing !== null || state.data.pending !== null} @click=${() => run(kind)}>${t(made ? "evaluate.again" : "evaluate.run")}</button>
      ${more}
      <button type="button" ?disabled=${!own} @click=${cancel}>${t("cancel")}</button>
      <p class="run">${note}</p>
    </div>
    ${own ? html`<progress max="1" value=${running.fraction ?? nothing} aria-label=${t("policies.title")}></progress>` : nothing}
  </div>`;
}

const stage = ({ stage, fraction }) => (stage === "work" && fraction !== null ? t("policies.at.work", { share: format.percent(fraction, 0) }) : t(`policies.at.${stage}`));

/** What a link promised of this kind and did not yet see repeated, problems, and what came of the promise. */
export function told(kind) {
  const { promised, problems, results } = state.policies;
  const made = results[kind];
  return html`${promised[kind] && !made ? html`<p class="message">${t("policies.promised")}</p>` : nothing}
    ${problemBox(problems[kind])}
    ${made?.verdict ? verdict(made.verdict) : nothing}`;
}

const verdict = ({ reproduced }) => reproduced
  ? html`<p class="message good" data-testid="finding-verdict"><b>${t("share.reproduced")}.</b> ${t("policies.reproduced")}</p>`
  : html`<p class="message warn" data-testid="finding-verdict"><b>${t("share.differs")}.</b> ${t("policies.differs")}</p>`;

/** A result, pale when it belongs to something else than what stands on the page. */
export function result(kind, draw) {
  const made = state.policies.results[kind];
  if (!made) return nothing;
  return html`<div class=${`stack ${isStale(kind) ? "old" : ""}`} data-testid=${`result-${kind}`}>${draw(made.report, made)}
    <p class="small soft num">${t("share.digest")} <code>${made.finding.digest}</code></p></div>`;
}

/** The currency typed, where price, stock or ads are decided; "" elsewhere. Of a result: where they were decided for it. */
export const currency = (made = { money: isOperation() }) => (made.money ? unit() : "");

/** A heading of amounts, with their unit. */
export const inUnit = (words, unit) => (unit ? `${words} (${unit})` : words);

/** A value with its interval below. */
export const withInterval = (value, [low, high], digits = 4) => html`<b>${format.fixed(value, digits)}</b><small>${format.fixed(low, digits)} – ${format.fixed(high, digits)}</small>`;

/** Enough decimals for three digits that matter of the largest of these numbers. */
export function decimals(values) {
  const size = Math.max(...values.filter(Number.isFinite).map(Math.abs), 1e-12);
  return Math.min(Math.max(3 - Math.floor(Math.log10(size)), 1), 9);
}

/** The names of what may hold action values. */
export const AGENTS = { table: () => t("policies.agent.table"), tiles: () => t("policies.agent.tiles"), mlp: () => "MLP", cnn: () => "CNN", gru: () => "GRU", transformer: () => "Transformer" };

/** The name of a policy; those of networks are a network and what it ranks by, those of agents what learned and what held its values. */
export function policyName(name) {
  const [network, by] = name.split(".");
  if (by === "q" || by === "doubleQ") return t(`policies.agent.${by}`, { agent: AGENTS[network]() });
  return by ? t(`policies.network.${by}`, { network }) : t(`policies.policy.${name}`);
}

/** The same where the trained agent's own policies say what held its values, if that was no table. */
export const namedBy = (approximator) => (name) =>
  approximator !== "table" && TRAINED.includes(name) ? `${policyName(name)} (${AGENTS[approximator]()})` : policyName(name);
const TRAINED = ["qGreedy", "epsilonGreedy", "softmax"];
