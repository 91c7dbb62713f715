// Learning from a log alone: what plain Q-learning claims beside what it is worth, and three ways not to believe luck.

import { html } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { state } from "../state.js";
import { check, currency, decimals, inUnit, number, result, told, transport, withInterval } from "./form.js";

const PAPERS = {
  plain: "Watkins & Dayan, Machine Learning 8 (1992)",
  support: "Fujimoto, Conti, Ghavamzadeh & Pineau, arXiv 1910.01708 (2019), eq. 12",
  pessimism: "Jin, Yang & Wang, ICML 2021; Rashidinejad et al., NeurIPS 2021",
  conservative: "Kumar, Zhou, Tucker & Levine, NeurIPS 2020, eq. 1",
};

export function offlineView() {
  const { own } = state.policies.forms.offline;
  return html`
    <p class="small soft">${t("policies.offline.lead")}</p>
    <div class="fields terms">
      ${number("offline", "logs", 1, 100, 1)}${number("offline", "episodes", 10, 100000, 10)}${number("offline", "threshold", 0, 1, 0.05)}
      ${number("offline", "pessimism", 0, 1000000, "any")}${number("offline", "conservatism", 0, 1000000, "any")}
    </div>
    ${check("offline", "own")}
    ${transport("offline", own && state.decide.world?.optimum == null ? t("policies.undecided") : null)}
    ${told("offline")}
    ${result("offline", draw)}`;
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

function draw({ optimum, logging, methods }, made) {
  const unit = made.study.offline.own ? currency(made) : "";
  const digits = decimals(methods.flatMap(({ claims, truths }) => [mean(claims), mean(truths)]));
  const [plain, ...careful] = methods;
  const fooled = plain.excess.ci[0] > 0;
  const safe = careful.filter(({ excess }) => excess.ci[0] <= 0).map(({ name }) => t(`policies.method.${name}`));
  return html`
    <p class=${`message ${fooled ? "good" : ""}`} data-testid="offline-verdict">${fooled ? t("policies.offline.fooled", { excess: format.fixed(plain.excess.value, digits), safe: format.list(safe) }) : t("policies.offline.honest")}</p>
    <q-chart size="rows" .spec=${excess(methods, unit)}></q-chart>
    <q-chart size="tall" .spec=${claims(methods, optimum, unit)}></q-chart>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("policies.offline.table")}><table class="board">
      <thead><tr><th scope="col">${t("policies.method")}</th><th scope="col" class="num">${inUnit(t("policies.claim"), unit)}</th><th scope="col" class="num">${inUnit(t("policies.worth"), unit)}</th><th scope="col" class="num">${inUnit(t("policies.excess"), unit)}</th><th scope="col">${t("policies.paper")}</th></tr></thead>
      <tbody>${methods.map(({ name, claims: claimed, truths, excess: over }) => html`<tr><th scope="row">${t(`policies.method.${name}`)}</th>
        <td class="num">${format.fixed(mean(claimed), digits)}</td><td class="num"><b>${format.fixed(mean(truths), digits)}</b></td><td class="num">${withInterval(over.value, over.ci, digits)}</td><td class="small soft">${PAPERS[name]}</td></tr>`)}</tbody>
    </table></div>
    <p class="small soft num">${t("policies.offline.levels", { optimum: format.fixed(optimum, digits), logging: format.fixed(logging, digits), n: format.whole(plain.claims.length) })}</p>`;
}

function excess(methods, unit) {
  return {
    kind: "forest",
    title: t("policies.excess"),
    x: { label: t("policies.excess.axis"), unit },
    y: { label: t("policies.method") },
    bars: methods.map(({ name, excess: { value, ci } }) => ({ label: t(`policies.method.${name}`), parts: [value], interval: ci })),
  };
}

/** On every log, what each way claims; what its policy is worth, dashed. */
function claims(methods, optimum, unit) {
  const series = methods.flatMap(({ name, claims: claimed, truths }, style) => [
    { label: t("policies.claims", { name: t(`policies.method.${name}`) }), style, dash: 0, x: claimed.map((_, at) => at + 1), y: claimed, exact: true },
    { label: t("policies.worths", { name: t(`policies.method.${name}`) }), style, dash: 2, x: truths.map((_, at) => at + 1), y: truths, exact: true },
  ]);
  return {
    kind: "lines",
    title: t("policies.offline.chart"),
    x: { label: t("policies.offline.log"), whole: true },
    y: { label: t("policies.exact"), unit },
    series,
    references: [{ y: optimum, label: t("policies.policy.optimal") }],
  };
}
