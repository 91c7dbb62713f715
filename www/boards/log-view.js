// A policy judged from a log that another one wrote: one decision at a time, or sequences of them.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { changed, state } from "../state.js";
import { figures } from "../views/parts.js";
import { check, choice, currency, decimals, exploring, inUnit, number, policyName, result, told, transport, withInterval } from "./form.js";
import { policiesHere } from "./policies.js";

const LARGEST = 150000;

export function offPolicyView() {
  const form = state.policies.forms.offPolicy;
  const targets = ["file", "uniform", "popularity", "trained"].map((name) => [name, t(`policies.target.${name}`)]);
  return html`
    <p class="small soft">${t("policies.offPolicy.lead")}</p>
    <div class="fields terms">
      ${choice("offPolicy", "target", targets)}
      ${form.target === "trained" ? number("offPolicy", "epsilon", 0, 1, 0.01) : nothing}
      ${choice("offPolicy", "success", successes())}
      ${number("offPolicy", "resamples", 100, 20000, 100)}
    </div>
    ${form.target === "file" ? file("offPolicy") : nothing}
    ${check("offPolicy", "estimate")}
    ${transport("offPolicy", missing(form))}
    ${told("offPolicy")}
    ${result("offPolicy", (report) => estimates(report, null))}`;
}

const successes = () => ["click", "purchase"].map((name) => [name, t(`policies.success.${name}`)]);

function missing(form) {
  if (!state.data.report) return t("policies.noLog");
  if (form.target === "file" && form.text === "") return t("policies.noTarget");
  if (form.target === "trained" && state.learn.phase !== "done") return t("policies.trainFirst");
  return null;
}

/** A file of probabilities for the form of a kind of study. */
function file(kind) {
  const form = state.policies.forms[kind];
  const take = async ({ target }) => {
    const [chosen] = target.files;
    if (!chosen) return;
    const large = chosen.size > LARGEST;
    const text = large ? "" : await chosen.text();
    Object.assign(form, { name: chosen.name, text });
    state.policies.problems[kind] = large ? { what: { key: "policies.target.large" }, mend: null } : null;
    changed("evaluate");
  };
  return html`<div class="field"><label for=${`po-file-${kind}`}>${t("policies.target.choose")}</label>
    <input id=${`po-file-${kind}`} type="file" accept=".csv,text/csv,text/plain" @change=${take}>
    <p class="small soft">${form.name && form.text ? t("policies.target.read", { name: form.name, lines: format.whole(form.text.trim().split("\n").length - 1) }) : t("policies.target.note")}</p></div>`;
}

export function sequencesView() {
  const here = policiesHere().map((name) => [name, policyName(name)]);
  const form = state.policies.forms.sequences;
  const gone = [form.logging, form.target].filter((name) => !policiesHere().includes(name));
  const undecided = state.decide.world?.optimum == null;
  return html`
    <p class="small soft">${t("policies.sequences.lead")}</p>
    <div class="fields terms">
      ${choice("sequences", "logging", withGone(here, form.logging))}${choice("sequences", "target", withGone(here, form.target))}
      ${number("sequences", "episodes", 10, 100000, 10)}${number("sequences", "resamples", 100, 5000, 100)}${exploring()}
    </div>
    ${transport("sequences", undecided ? t("policies.undecided") : gone.length > 0 ? t("policies.trainFirst") : null)}
    ${told("sequences")}
    ${result("sequences", ({ report, truth }, made) => estimates(report, truth, "policies.ess.episodes", currency(made)))}
    ${sessions()}`;
}

/** The sessions of the log as sequences. */
function sessions() {
  const form = state.policies.forms.sequencesLog;
  return html`<div class="part"><h3>${t("policies.sequencesLog")}</h3>
    <p class="small soft">${t("policies.sequencesLog.lead")}</p>
    <div class="fields terms">
      ${choice("sequencesLog", "target", ["uniform", "popularity", "file"].map((name) => [name, t(`policies.target.${name}`)]))}
      ${choice("sequencesLog", "success", successes())}
      ${number("sequencesLog", "gamma", 0, 1, 0.01)}${number("sequencesLog", "resamples", 100, 5000, 100)}
    </div>
    ${form.target === "file" ? file("sequencesLog") : nothing}
    ${transport("sequencesLog", missing(form))}
    ${told("sequencesLog")}
    ${result("sequencesLog", (report) => estimates(report, null, "policies.ess.episodes"))}
  </div>`;
}

/** A choice that is not there at the moment stays visible. */
const withGone = (entries, name) => (entries.some(([key]) => key === name) ? entries : [...entries, [name, policyName(name)]]);

/** What a study found: the verdict first, then the numbers. */
function estimates(report, truth, effective = "policies.ess", unit = "") {
  const tone = { refused: "bad", weak: "warn", given: "good" }[report.answer];
  const all = [...report.estimators, { ...report.logged, name: t("policies.logged") }];
  const digits = decimals(all.map(({ value }) => value));
  return html`
    <p class=${`message ${tone}`} data-testid="ope-verdict"><b>${t(`policies.answer.${report.answer}`)}</b> ${say(report.verdict)}</p>
    ${figures([
      [t(effective), format.brief(report.ess, 4), t("policies.ess.note")],
      [t("policies.maxWeight"), format.brief(report.max_weight)],
      [t("policies.outside"), format.percent(report.outside_support)],
      [t("policies.rows"), format.whole(report.n)],
      [t("policies.successes"), format.whole(report.clicks)],
    ])}
    <q-chart size="rows" .spec=${forest(all, truth, unit)}></q-chart>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("policies.estimates")}><table class="board" data-testid="estimates">
      <thead><tr><th scope="col">${t("policies.estimator")}</th><th scope="col" class="num">${inUnit(t("policies.estimate"), unit)}</th>${truth === null ? nothing : html`<th scope="col" class="num">${t("policies.covers")}</th>`}</tr></thead>
      <tbody>${all.map(({ name, value, ci }, at) => html`<tr><th scope="row">${name}</th><td class="num">${withInterval(value, ci, digits)}</td>
        ${truth === null ? nothing : html`<td class="num">${at === all.length - 1 ? format.DASH : t(ci[0] <= truth && truth <= ci[1] ? "policies.yes" : "policies.no")}</td>`}</tr>`)}
      ${truth === null ? nothing : html`<tr><th scope="row">${t("policies.truth")}</th><td class="num"><b>${format.fixed(truth, digits)}</b></td><td></td></tr>`}</tbody>
    </table></div>
    ${report.bernstein ? html`<p class="small soft num">${t("policies.bernstein", { low: format.fixed(report.bernstein.ci[0], digits), high: format.fixed(report.bernstein.ci[1], digits) })}</p>` : nothing}
    <ul class="notes">${report.notes.map((note) => html`<li>${say(note)}</li>`)}</ul>`;
}

function forest(all, truth, unit) {
  const bars = all.map(({ name, value, ci }) => ({ label: name, parts: [value], interval: ci }));
  if (truth !== null) bars.push({ label: t("policies.truth"), parts: [truth], interval: [truth, truth] });
  return { kind: "forest", title: t("policies.estimates"), x: { label: t("policies.estimates.axis"), unit }, y: { label: t("policies.estimator") }, bars };
}
