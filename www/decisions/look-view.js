// What was learned: the gap, the policy over the states beside the optimum's, and simple methods.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { state } from "../state.js";
import { at, baselines, sliceAt } from "./driver.js";
import { money, plain, unit } from "./money.js";

export function lookView() {
  const { shown } = at;
  if (!shown) return html`<p class="blank">${t("learn.waiting")}</p>`;
  return html`
    ${gap(shown.gap)}
    ${shown.map ? map(shown) : nothing}
    ${shown.rule ? rule(shown) : nothing}
    ${methods(shown.gap)}
  `;
}

/** Of an optimum of 0 nothing is a percentage. */
const zero = (optimum) => Math.abs(optimum) <= 1e-9;

/** How far the learned policy is from the optimum, in percent and in money. */
function gap(found) {
  if (!found || state.learn.runs.length === 0) return html`<p class="message">${t("gap.none")}</p>`;
  const { percent, interval, runs, value, optimum } = found;
  const close = percent <= 0.5;
  const words = {
    percent: format.percentage(percent, percent < 0.1 ? 3 : 2),
    low: interval && format.percentage(interval[0], 2),
    high: interval && format.percentage(interval[1], 2),
    runs,
    value: money(value),
    optimum: money(optimum),
  };
  return html`<p class=${`message ${close ? "good" : ""}`} data-testid="gap"><b>${t("gap.is", words)}</b> ${t(interval ? "gap.interval" : "gap.single", words)} ${t("gap.money", words)} ${zero(optimum) ? t("gap.scale") : nothing}</p>`;
}

const amount = ({ amounts, measure }, action) => (measure === "money" ? plain(amounts[action]) : format.brief(amounts[action], 6));

// Maps

function map({ map: found, actions }) {
  const { learned, optimal, loss, agree } = found;
  const most = actions.amounts.at(-1);
  const range = [Math.min(...actions.amounts), most];
  const cells = (chosen) => chosen.map((action) => (action === null ? {} : { value: actions.amounts[action], text: amount(actions, action) }));
  const none = { cells: optimal.map(() => ({})) };
  const losing = loss && loss.map((x) => (x === null ? {} : x > 1e-9 ? { value: -x, text: money(-x, 3) } : { value: 0 }));
  return html`
    <div class="stack">
      <h3>${t("map.title", { action: say(actions.name) })}</h3>
      <p class="small soft num">${agree === null ? t("map.untrained") : t("map.agree", { share: format.percent(agree, 1) })} ${found.shown[0] < found.shown[1] ? t("map.part", { shown: format.whole(found.shown[0]), all: format.whole(found.shown[1]) }) : nothing}</p>
      ${slices(found)}
      <div class="maps">
        ${picture(found, t("map.learned"), learned ? { cells: cells(learned), range } : none)}
        ${picture(found, t("map.optimal"), { cells: cells(optimal), range })}
        ${picture(found, t("map.loss"), losing ? { cells: losing } : none)}
      </div>
      <p class="small soft">${t("map.key")}</p>
    </div>`;
}

const picture = ({ columns, rows }, title, { cells, range = null }) => html`<div class="stack tight"><h3>${title}</h3>
  <q-chart size="map" plain .spec=${{
    kind: "grid",
    title,
    x: { label: say(columns.name) },
    y: { label: say(rows.name) },
    grid: { columns: columns.values.length, cells, across: columns.values.map(String), down: rows.values.map(String), range },
  }}></q-chart></div>`;

/** The quantities that the map does not show: where it is cut. */
function slices({ fixed }) {
  if (fixed.length === 0) return nothing;
  return html`<div class="pair">${fixed.map(
    ([axis, place], number) => html`<div class="field"><label for=${`slice-${number}`}>${say(axis.name)}</label>
      <select id=${`slice-${number}`} @change=${(event) => sliceAt(number, Number(event.target.value))}>
        ${axis.values.map((value, i) => html`<option value=${i} .selected=${i === place}>${value}</option>`)}
      </select></div>`,
  )}</div>`;
}

/** A policy over one quantity is a curve, and so is what its difference from the optimum costs. */
function rule({ rule: { axis, learned, optimal, loss, agree }, actions }) {
  const curve = (label, chosen, style, dash) => ({
    label: t(label), style, dash, exact: true,
    x: axis.values.filter((_, i) => chosen[i] !== null),
    y: chosen.filter((action) => action !== null).map((action) => actions.amounts[action]),
  });
  const series = [curve("map.optimal", optimal, 1, 1)];
  if (learned) series.push(curve("map.learned", learned, 0, 0));
  return html`<div class="stack tight"><h3>${t("map.title", { action: say(actions.name) })}</h3>
    ${agree === null ? nothing : html`<p class="small soft num">${t("map.agree", { share: format.percent(agree, 1) })}</p>`}
    <q-chart size="curve" .spec=${{
      kind: "lines",
      title: t("map.title", { action: say(actions.name) }),
      x: { label: say(axis.name), whole: true },
      y: { label: say(actions.name), unit: actions.measure === "money" ? unit() : "" },
      series,
    }}></q-chart>
    ${learned?.includes(null) ? html`<p class="small soft">${t("map.unseen")}</p>` : nothing}
    ${loss ? losing(axis, loss) : nothing}</div>`;
}

function losing(axis, loss) {
  const seen = (_, i) => loss[i] !== null;
  return html`<h3>${t("map.loss")}</h3>
    <q-chart size="curve" .spec=${{
      kind: "lines",
      title: t("map.loss"),
      x: { label: say(axis.name), whole: true },
      y: { label: t("map.loss"), unit: unit() },
      series: [{ label: t("map.loss"), style: 0, dash: 0, exact: true, x: axis.values.filter(seen), y: loss.filter(seen) }],
    }}></q-chart>`;
}

// Simple methods

function methods(found) {
  const rows = baselines();
  if (!rows) return html`<p class="small soft">${t("methods.waiting")}</p>`;
  const trained = found && state.learn.runs.length > 0;
  const optimum = found?.optimum ?? state.decide.world?.optimum;
  const share = (percent) => (zero(optimum) ? null : percent);
  const lines = [
    { name: t("methods.optimum"), value: optimum, percent: share(100) },
    trained && { name: t("methods.learned"), value: found.value, percent: share(100 - found.percent), strong: true },
    ...rows.map((row) => ({ ...row, name: say(row.name) })),
  ].filter(Boolean);
  const list = lines.filter(({ bound }) => !bound).sort((a, b) => b.value - a.value);
  const bounds = lines.filter(({ bound }) => bound);
  return html`<div class="part"><h3>${t("methods.title")}</h3>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("methods.title")}><table class="methods" data-testid="methods">
      <thead><tr><th scope="col">${t("methods.method")}</th><th scope="col">${t("methods.numbers")}</th><th scope="col" class="num">${t("methods.value")}</th><th scope="col" class="num">${t("methods.percent")}</th><th scope="col">${t("methods.how")}</th></tr></thead>
      <tbody>${[...bounds, ...list].map(line)}</tbody>
    </table></div></div>`;
}

function line({ name, detail, value, percent, played, bound, strong }) {
  const how = bound ? t("methods.bound") : played ? t("methods.played", { low: money(played[0]), high: money(played[1]), days: format.whole(played[2]) }) : t("methods.exact");
  return html`<tr class=${strong ? "mine" : ""}><th scope="row">${name}</th><td class="num-left">${detail ?? ""}</td><td class="num">${money(value)}</td><td class="num">${format.percentage(percent, 2)}</td><td class="soft small">${how}</td></tr>`;
}
