// Which price, stock or ads problem, its numbers, and what the log says about them.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { family } from "../decisions.js";
import { chooseProblem, chooseSample, parameter } from "../lab.js";
import { state } from "../state.js";
import { fieldGroup } from "../views/fields.js";
import { facts, fold, options, problemBox } from "../views/parts.js";
import { bidsView } from "./bids-view.js";
import { clicksView } from "./clicks-view.js";
import { askDemand, askSplit, at, openDemand, useProposal } from "./driver.js";
import { money, plain, unit } from "./money.js";

const entry = () => state.catalog.problems.find(({ id }) => id === state.decide.problem);

/** The problems of the family. */
export function choiceView() {
  if (family() === "textbook") return nothing;
  const all = state.catalog.problems.filter((problem) => problem.family === family());
  const { id, note, source } = entry();
  return html`<div class="stack">
    <div class="field"><label for="problem">${t("choice.which")}</label>
      <select id="problem" @change=${(event) => chooseProblem(event.target.value)}>
        ${all.map((problem) => html`<option value=${problem.id} .selected=${problem.id === id}>${say(problem.title)}</option>`)}
      </select></div>
    <p class="small soft">${say(note)} <cite>${source}</cite></p>
  </div>`;
}

/** Fields that mean nothing as things stand are left out. */
const FORMS = { demandSlope: ["linear", "logLinear", "logit"], demandUtility: ["logit"], demandElasticity: ["isoElastic"] };
function fits(key) {
  const { priceForm, situation, marketForm } = state.settings;
  if (key in FORMS) return FORMS[key].includes(priceForm);
  if (key === "demandFactors") return situation !== "none";
  if (key === "marketScatter") return marketForm === "counts";
  if (key === "winShape") return state.decide.problem !== "bids" || marketForm === "curve";
  if (key === "competitorStays") return situation === "competitor";
  return true;
}

export function settingsView() {
  const { id, parameters } = entry();
  if (parameters.length === 0) return nothing;
  return html`
    <div class="part"><h3>${t("settings.title")}</h3>
      ${fieldGroup(`operations ${id}`, "decide", parameters.filter(fits).map(parameter))}</div>
    ${family() === "ads" ? html`<p class="small soft">${t("settings.ads")}</p>${parameters.includes("winShape") ? bidsView() : nothing}${parameters.includes("clickRates") ? clicksView() : nothing}` : html`<div class="part"><details class="fold" data-testid="demand" .open=${at.demandOpen} @toggle=${(event) => openDemand(event.target.open)}>
      <summary>${t("demand.title")}</summary>${at.demandOpen ? demand() : nothing}</details></div>`}
  `;
}

// Demand from the log

function demand() {
  if (!state.data.current && !state.data.pending) return noLog();
  if (at.waiting || state.data.pending) return html`<p class="small soft" role="status">${t("demand.reading")}</p>`;
  return html`<div class="stack">
    ${asked()}
    ${problemBox(at.demandProblem)}
    ${at.demandProblem ? samples() : at.demand ? found(at.demand) : nothing}
  </div>`;
}

const noLog = () => html`<div class="stack"><p class="small">${t("demand.none")}</p>${samples()}</div>`;

const samples = () => html`<div class="chips">
  <button type="button" class="chip" @click=${() => chooseSample("orders")}>${t("sample.orders")}</button>
  <button type="button" class="chip" @click=${() => chooseSample("retail")}>${t("sample.retail")}</button></div>`;

function asked() {
  const items = at.demand?.items ?? [];
  return html`<div class="field"><label for="demand-item">${t("demand.item")}</label>
      <select id="demand-item" @change=${(event) => askDemand(event.target.value)}>${options(items.map(([name, units]) => [name, `${name} · ${format.whole(units)}`]), at.item)}</select></div>
    ${fieldGroup("demand", "decide", ["demandPeriod", "forecastHorizon", "forecastCoverage", "forecastSeason"].map(parameter))}`;
}

function found(view) {
  const { report, mean, scatter, response, forecast, proposal, series } = view;
  const ready = proposal && Object.keys(proposal).length > 0;
  return html`
    ${facts([
      [t("demand.orders"), t("demand.orders.are", { orders: format.whole(report.orders), returns: format.whole(report.returns), unmatched: format.whole(report.unmatched_units) })],
      [t("demand.mean"), t("demand.mean.is", { mean: format.brief(mean, 4), scatter: format.brief(scatter, 3), periods: format.whole(series.length) })],
    ])}
    <q-chart size="small" plain legend .spec=${seriesSpec(view)}></q-chart>
    ${forecast.Ok ? html`<p class="small num">${t("demand.forecast", { method: say(forecast.Ok.method), error: format.brief(forecast.Ok.error), naive: format.brief(forecast.Ok.naiveError), tested: format.whole(forecast.Ok.tested), tried: format.whole(forecast.Ok.among + 1) })} ${say(forecast.Ok.verdict)}</p>` : html`<p class="message">${say(forecast.Err.what)} ${say(forecast.Err.mend)}</p>`}
    ${response.Ok ? priced(view) : html`<p class="message warn" data-testid="refusal">${say(response.Err.what)} ${say(response.Err.mend)}</p>`}
    <div class="row"><button type="button" ?disabled=${!ready} data-testid="use-demand" @click=${useProposal}>${t("demand.use")}</button>
      <span class="small soft">${ready ? t("demand.use.note") : t("demand.use.none")}</span></div>
    ${family() === "stock" ? split() : nothing}
  `;
}

/** Units in each period, then what may come. Periods are counted, so that a chart of hours reads as one of weeks. */
function seriesSpec({ series, forecast }) {
  const count = series.length;
  const lines = [{ label: t("demand.sold"), style: 0, exact: true, x: series.map((_, i) => i + 1), y: series }];
  if (forecast.Ok) {
    const { mean, low, high } = forecast.Ok;
    lines.push({ label: t("demand.ahead"), style: 1, dash: 1, exact: true, x: mean.map((_, i) => count + i + 1), y: mean, low, high });
  }
  return { kind: "lines", title: t("demand.series"), x: { label: t("demand.periods"), whole: true }, y: { label: t("demand.units") }, series: lines };
}

function priced({ response: { Ok: fit }, prices }) {
  const words = {
    slope: format.brief(fit.slope, 4), error: format.brief(fit.slopeError, 3), low: format.brief(fit.slopeInterval[0], 3), high: format.brief(fit.slopeInterval[1], 3),
    elasticity: format.brief(fit.elasticity, 3), periods: format.whole(fit.periods), from: plain(fit.seen[0]), to: plain(fit.seen[1]),
  };
  return html`<q-chart size="small" plain legend .spec=${{
      kind: "lines", title: t("demand.response"), x: { label: t("demand.price"), unit: unit() }, y: { label: t("demand.units") },
      series: [
        {
          label: t("demand.soldMean"), style: 6, dash: 2, exact: true, x: prices.map(({ price }) => price), y: prices.map(({ units }) => units),
          low: prices.map(({ units, interval }) => interval?.[0] ?? units), high: prices.map(({ units, interval }) => interval?.[1] ?? units),
        },
        { label: t("demand.fitted"), style: 0, dash: 0, exact: true, x: fit.curve.map(([x]) => x), y: fit.curve.map(([, y]) => y) },
      ],
    }}></q-chart>
    <p class="small num">${t("demand.fit", words)} ${fit.certain ? nothing : html`<b>${t("demand.uncertain")}</b>`}</p>`;
}

// Several items, one budget

function split() {
  const { answer, digest, verdict, problem } = at.split ?? {};
  return fold("split", t("split.title"), () => html`<div class="stack">
    <p class="small soft">${t("split.note")}</p>
    ${fieldGroup("split", "decide", ["splitBudget", "splitItems", "splitCostShare"].map(parameter))}
    <div class="row"><button type="button" @click=${() => askSplit()}>${t("split.ask")}</button></div>
    ${problemBox(problem)}
    ${answer ? html`${verdict ? html`<p class=${`message ${verdict.reproduced ? "good" : "warn"}`} data-testid="split-verdict"><b>${t(verdict.reproduced ? "share.reproduced" : "share.differs")}.</b> ${t(verdict.reproduced ? "split.reproduced" : "split.differs")}</p>` : nothing}
      <p class="small num" data-testid="split">${t("split.is", { spent: money(answer.spent), profit: money(answer.profit), bound: money(answer.bound), gap: format.percent(answer.bound > 0 ? 1 - answer.profit / answer.bound : 0, 2), price: format.brief(answer.price, 3) })}</p>
      <div class="scroll preview" tabindex="0" role="region" aria-label=${t("split.title")}><table>
        <thead><tr><th scope="col">${t("demand.item")}</th><th scope="col" class="num">${t("split.mean")}</th><th scope="col" class="num">${t("split.cost")}</th><th scope="col" class="num">${t("split.price")}</th><th scope="col" class="num">${t("split.units")}</th></tr></thead>
        <tbody>${answer.lines.map((row) => html`<tr><td>${row.item}</td><td class="num">${format.brief(row.mean)}</td><td class="num">${money(row.unitCost)}</td><td class="num">${money(row.price)}</td><td class="num">${format.whole(row.units)}</td></tr>`)}</tbody>
      </table></div>
      ${answer.unpriced > 0 ? html`<p class="small soft">${t("split.unpriced", { count: answer.unpriced })}</p>` : nothing}
      <p class="small soft num">${t("share.digest")} <code>${digest}</code></p>` : nothing}
  </div>`);
}
