// The ranking board: which models are compared, how far that is, and what came out.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { alive, cancel, chosenModels, compareWith, differ, kindOf, plain, run, settingsChanged } from "./ranking.js";
import { changed, state } from "../state.js";
import { fold, options, problemBox } from "../views/parts.js";

const LAST = 2;

export function rankingView() {
  const { evaluate } = state;
  return html`
    ${evaluate.promised && !evaluate.board ? html`<p class="message">${t("evaluate.promised")}</p>` : nothing}
    <div class="part first">${fold("evaluate-how", t("evaluate.how"), how, { open: true })}</div>
    ${transport()}
    ${networks()}
    ${problemBox(evaluate.problem)}
    ${evaluate.cancelled ? html`<p class="message">${t(evaluate.board ? "evaluate.cancelled.kept" : "evaluate.cancelled")}</p>` : nothing}
    ${evaluate.board ? results(evaluate.board) : nothing}
  `;
}

// Networks: their panel is loaded when the first of them is chosen

let panel = null;
let loading = false;

function networks() {
  if (panel) return panel.networksView();
  if (!loading && chosenModels().some((name) => !kindOf(name).tuned)) {
    loading = true;
    loadPanel().catch(() => (loading = false));
  }
  return nothing;
}

async function loadPanel() {
  panel = await (await import("../networks/open.js")).openPanel();
  changed("evaluate");
}

// What is compared

function how() {
  const { evaluate } = state;
  return html`<div class="stack">${models()}<div class="fields terms">
    ${field("unit", html`<select id="e-unit" @change=${(event) => { evaluate.unit = event.target.value; settingsChanged(); }}>${options([["share", t("evaluate.unit.share")], ["days", t("evaluate.unit.days")]], evaluate.unit)}</select>`)}
    ${evaluate.unit === "share" ? number("share", 1, 50, 1, "%") : number("days", 0.01, 3650, "any", t("evaluate.days.unit"))}
    ${field("tune", html`<select id="e-tune" @change=${(event) => { evaluate.tune = Number(event.target.value); settingsChanged(); }}>${options([[0, t("evaluate.tune.none")], [10, t("evaluate.tune.some", { count: 10 })], [35, t("evaluate.tune.some", { count: 35 })]], evaluate.tune)}</select>${untuned()}`)}
    ${field("reference", html`<select id="e-reference" @change=${(event) => compareWith(event.target.value)}>${options(chosenModels().map((name) => [name, name]), evaluate.reference)}</select>`)}
  </div>
  <label class="check small"><input type="checkbox" .checked=${evaluate.keepUnseen} @change=${(event) => { evaluate.keepUnseen = event.target.checked; settingsChanged(); }}>${t("evaluate.keepUnseen")}</label>
  <p class="small soft">${t("evaluate.note", { seed: state.settings.seed })}</p></div>`;
}

/** Which of the chosen models tuning leaves alone. */
function untuned() {
  const kept = chosenModels().filter((name) => !kindOf(name).tuned).map(plain);
  if (state.evaluate.tune === 0 || kept.length === 0) return nothing;
  return html`<p class="small soft" data-testid="untuned">${t("evaluate.tune.not", { models: [...new Set(kept)].join(", ") })}</p>`;
}

function models() {
  const { evaluate } = state;
  const choose = (name) => (event) => {
    evaluate.chosen = event.target.checked ? [...evaluate.chosen, name] : evaluate.chosen.filter((other) => other !== name);
    settingsChanged();
  };
  return html`<fieldset><legend class="label">${t("evaluate.models")}</legend>
    <ul class="models">${state.evaluate.models.map(({ name, title, paper }) => html`<li title=${paper}><label class="check"><input type="checkbox" .checked=${evaluate.chosen.includes(name)} @change=${choose(name)}><span><b>${name}</b> <span class="soft small">${say(title)}</span></span></label></li>`)}</ul>
  </fieldset>`;
}

const field = (name, control) => html`<div class="field"><label for=${`e-${name}`}>${t(`evaluate.${name}`)}</label>${control}</div>`;

function number(name, min, max, step, unit) {
  const { evaluate } = state;
  const change = (event) => {
    if (event.target.validity.valid && event.target.value !== "") evaluate[name] = event.target.valueAsNumber;
    event.target.value = String(evaluate[name]);
    settingsChanged();
  };
  return field(name, html`<div class="box has-unit"><input id=${`e-${name}`} type="number" min=${min} max=${max} step=${step} .value=${String(evaluate[name])} @change=${change}><span class="unit" aria-hidden="true">${unit}</span></div>`);
}

function transport() {
  const { evaluate } = state;
  const running = evaluate.phase === "running";
  const ready = !running && chosenModels().length > 0 && !state.data.pending;
  const total = chosenModels().length;
  return html`<div class="stack">
    <div class="transport">
      <button type="button" class="primary" data-testid="evaluate" ?disabled=${!ready} @click=${run}>${t(evaluate.board ? "evaluate.again" : "evaluate.run")}</button>
      <button type="button" ?disabled=${!running} @click=${cancel}>${t("cancel")}</button>
      <p class="run">${running ? now() : evaluate.board && evaluate.stale ? t("evaluate.stale") : t("evaluate.chosen", { count: total })}</p>
    </div>
    ${running && evaluate.advising ? html`<progress max="1" value=${evaluate.at?.fraction ?? nothing} aria-label=${t("evaluate.title")}></progress>` : running ? html`<progress max=${total} value=${evaluate.finished.length + part()} aria-label=${t("evaluate.title")}></progress>
      <ul class="chips states">${chosenModels().map((name) => html`<li class=${evaluate.finished.includes(name) ? "done" : evaluate.at?.model === name ? "now" : ""}>${name}${evaluate.at?.model === name && evaluate.at.stage !== "fit" ? html` <span class="num">${format.percent(evaluate.at.fraction, 0)}</span>` : nothing}</li>`)}</ul>` : nothing}
  </div>`;
}

/** How much of the model under test is done, for the bar. */
function part() {
  const { at, tune } = state.evaluate;
  if (!at?.model) return 0;
  if (at.stage === "tune") return 0.8 * at.fraction;
  const before = tune > 0 && kindOf(at.model).tuned ? 0.8 : 0;
  return before + (1 - before) * (at.stage === "test" ? 0.3 + 0.7 * at.fraction : 0.3 * at.fraction);
}

function now() {
  const { at } = state.evaluate;
  return at ? t(`evaluate.at.${at.stage}`, { model: at.model ?? "" }) : t("evaluate.at.cancel");
}

// What came out

function results(board) {
  const { evaluate } = state;
  const { train, test } = board;
  return html`<div class=${`stack ${evaluate.stale ? "old" : ""}`}>
    ${evaluate.verdict ? promised(evaluate.verdict) : nothing}
    ${verdicts(board)}
    ${table(board)}
    <p class="small soft num">${t("evaluate.parts", { train: format.whole(train.sessions), test: format.whole(test.sessions), predictions: format.whole(board.predictions), items: format.whole(train.items), unseen: format.whole(board.unseenEvents) })} · ${t("share.digest")} <code>${evaluate.ranking.digest}</code></p>
    ${plots(board)}
    ${evaluate.differing ? differing(evaluate.differing) : nothing}
  </div>`;
}

const promised = ({ reproduced }) => reproduced
  ? html`<p class="message good" data-testid="ranking-verdict"><b>${t("share.reproduced")}.</b> ${t("evaluate.reproduced")}</p>`
  : html`<p class="message warn" data-testid="ranking-verdict"><b>${t("share.differs")}.</b> ${t("evaluate.differs")}</p>`;

/** In words, against the reference. */
function verdicts(board) {
  const said = board.lines.filter(({ difference }) => difference);
  if (said.length === 0) return nothing;
  return html`<div><h3>${t("evaluate.verdicts", { reference: board.protocol.reference })}</h3>
    <ul class="notes" data-testid="verdicts">${said.map(({ difference }) => html`<li class=${difference.undecided ? "" : "clear"}>${say(difference.verdict)}</li>`)}</ul></div>`;
}

const segment = (line, name) => line.segments.find((one) => one.segment === name);
const score = (line, metric, part = "all") => segment(line, part).scores.find((one) => one.metric === metric && one.k === 20);

/** Columns: what a line is worth there, and how that reads. */
const COLUMNS = {
  model: { of: (line) => line.name },
  hr: { of: (line) => score(line, "hr").value, cell: (line) => withInterval(score(line, "hr")) },
  mrr: { of: (line) => score(line, "mrr").value, cell: (line) => withInterval(score(line, "mrr")) },
  ndcg: { of: (line) => score(line, "ndcg").value, cell: (line) => withInterval(score(line, "ndcg")) },
  n: { of: (line) => segment(line, "all").predictions, cell: (line) => format.whole(segment(line, "all").predictions) },
  novel: { of: (line) => score(line, "mrr", "novel").value, cell: (line) => withCount(line, "novel") },
  repeat: { of: (line) => score(line, "mrr", "repeat").value, cell: (line) => withCount(line, "repeat") },
  coverage: { of: (line) => line.coverage[LAST], cell: (line) => format.percent(line.coverage[LAST]) },
  popularity: { of: (line) => line.popularity[LAST], cell: (line) => format.fixed(line.popularity[LAST]) },
  fit: { of: (line) => line.fitMs, cell: (line) => format.brief(line.fitMs) },
  each: { of: (line) => line.recommendUs, cell: (line) => format.brief(line.recommendUs) },
};

const withInterval = ({ value, low, high }) => html`<b>${format.fixed(value, 4)}</b><small>${format.fixed(low, 4)} – ${format.fixed(high, 4)}</small>`;
function withCount(line, part) {
  const { predictions } = segment(line, part);
  return predictions > 0 ? html`${withInterval(score(line, "mrr", part))}<small>n ${format.whole(predictions)}</small>` : format.DASH;
}

function sorted(board) {
  const { sort, descending } = state.evaluate;
  const { of } = COLUMNS[sort];
  const sign = descending ? -1 : 1;
  const order = (a, b) => (a < b ? -sign : a > b ? sign : 0);
  return [...board.lines].sort((a, b) => order(of(a), of(b)));
}

function table(board) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("evaluate.table")}><table class="board" data-testid="board">
    <thead><tr>${Object.keys(COLUMNS).map(head)}<th scope="col">${t("evaluate.closer")}</th></tr></thead>
    <tbody>${sorted(board).map((line) => row(line, board))}</tbody>
  </table></div>`;
}

function head(key) {
  const { evaluate } = state;
  const own = evaluate.sort === key;
  const sort = () => {
    evaluate.descending = own ? !evaluate.descending : !["model", "fit", "each", "popularity"].includes(key);
    evaluate.sort = key;
    changed("evaluate");
  };
  return html`<th scope="col" class=${key === "model" ? "" : "num"} aria-sort=${own ? (evaluate.descending ? "descending" : "ascending") : nothing}>
    <button type="button" class="quiet tiny" title=${t(`evaluate.${key}.note`)} @click=${sort}>${t(`evaluate.${key}`)}<span aria-hidden="true">${own ? (evaluate.descending ? "↓" : "↑") : ""}</span></button></th>`;
}

function row(line, board) {
  const { name } = line;
  const { model, parameters } = line.choice;
  const own = name === board.protocol.reference;
  const settings = name.split(":").slice(1).join(", ");
  const set = Object.entries(parameters).map(([key, value]) => `${key} ${typeof value === "number" ? format.brief(value) : value}`).join(", ");
  return html`<tr>
    <th scope="row" title=${set || nothing}>${model}${settings ? html`<small>${settings}</small>` : nothing}${own ? html` <span class="badge">${t("evaluate.isReference")}</span>` : nothing}${line.tuned > 1 ? html`<small>${t("evaluate.tuned", { count: line.tuned })}</small>` : nothing}</th>
    ${Object.entries(COLUMNS).slice(1).map(([, { cell }]) => html`<td class="num">${cell(line)}</td>`)}
    <td>${own || !board.lines.some(({ difference }) => difference) ? nothing : html`<button type="button" class="quiet tiny" ?disabled=${!alive() || state.evaluate.phase === "running"} aria-label=${t("evaluate.differ.of", { model: name })} @click=${() => differ(name)}>${t("evaluate.differ")}</button>`}</td>
  </tr>`;
}

// Plots

const PLOTS = ["forest", "length", "position", "coverage"];
const NAMES = { hr: "HR", mrr: "MRR", ndcg: "NDCG" };

function plots(board) {
  const { evaluate } = state;
  const kinds = board.lines.some(({ difference }) => difference) ? PLOTS : PLOTS.slice(1);
  const plot = kinds.includes(evaluate.plot) ? evaluate.plot : kinds[0];
  const choose = (next) => {
    evaluate.plot = next;
    changed("evaluate");
  };
  const byMetric = plot !== "forest";
  return html`<div class="part">
    <div class="row apart"><div class="chips" role="group" aria-label=${t("evaluate.plots")}>${kinds.map((kind) => html`<button type="button" class="chip" aria-pressed=${plot === kind} @click=${() => choose(kind)}>${t(`evaluate.plot.${kind}`)}</button>`)}</div>
      ${byMetric ? html`<label class="check small">${t("evaluate.metric")} <select @change=${(event) => { evaluate.metric = event.target.value; changed("evaluate"); }}>${options(Object.entries(NAMES), evaluate.metric)}</select></label>` : nothing}</div>
    ${plot === "forest" ? html`<q-chart size="rows" .spec=${forest(board)}></q-chart>` : html`<q-chart size="tall" .spec=${lines(board, plot)}></q-chart>`}
    <p class="small soft">${t(`evaluate.plot.${plot}.note`)}</p>
  </div>`;
}

function forest(board) {
  const { reference } = board.protocol;
  const rows = board.lines.filter(({ difference }) => difference).sort((a, b) => b.difference.value - a.difference.value);
  return {
    kind: "forest",
    title: t("evaluate.forest", { reference }),
    x: { label: t("evaluate.forest.axis", { reference }) },
    y: { label: t("evaluate.model") },
    bars: rows.map(({ name, difference: { value, low, high } }) => ({ label: name, parts: [value], interval: [low, high] })),
  };
}

function lines(board, plot) {
  const { metric } = state.evaluate;
  const name = NAMES[metric];
  const points = {
    length: (line) => [line.byLength.map(({ at }) => at), line.byLength.map((point) => point[metric])],
    position: (line) => [line.byPosition.map(({ at }) => at + 1), line.byPosition.map((point) => point[metric])],
    coverage: (line) => [[line.coverage[LAST] * 100], [score(line, metric).value]],
  }[plot];
  const series = board.lines.map((line, style) => {
    const [x, y] = points(line);
    return { label: line.name, x, y, style, exact: true };
  });
  return {
    kind: "lines",
    title: t(`evaluate.plot.${plot}`),
    x: { label: t(`evaluate.axis.${plot}`), unit: plot === "coverage" ? "%" : "", whole: plot !== "coverage", range: plot === "coverage" ? [0, 100] : null },
    y: { label: plot === "length" ? `${name}@k` : `${name}@20` },
    series,
  };
}

// Looking closer

function differing({ first, second, sessions }) {
  return html`<div class="part" id="differing" tabindex="-1" aria-busy=${sessions === null}>
    <div class="row apart"><h3>${t("evaluate.differing", { first, second })}</h3><button type="button" class="quiet icon" aria-label=${t("close")} @click=${() => { state.evaluate.differing = null; changed("evaluate"); }}>✕</button></div>
    ${sessions === null ? html`<p class="soft small">${t("evaluate.looking")}</p>` : sessions.length === 0 ? html`<p class="soft small">${t("evaluate.same")}</p>` : sessions.map((session, at) => fold(`differ-${at}`, title(session, at), () => events(session, first, second), { open: at === 0 }))}
  </div>`;
}

const title = (session, at) => html`${session.name || t("look.session", { n: at + 1 })} <span class="soft num">${t("evaluate.difference", { value: signed(session.difference) })}</span>`;
const signed = (x) => `${x > 0 ? "+" : x < 0 ? "−" : ""}${format.fixed(Math.abs(x), 3)}`;

function events(session, first, second) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("evaluate.events")}><table class="differ">
    <thead><tr><th scope="col">${t("evaluate.happened")}</th>${[first, second].map((model) => html`<th scope="col">${t("evaluate.expected", { model })}</th>`)}</tr></thead>
    <tbody>${session.events.map(({ event, expected }) => html`<tr><th scope="row"><span class=${`event ${event.kind}`} title=${t(`event.${event.kind}`)}><i></i><span class="unseen">${t(`event.${event.kind}`)}</span><span class="clip">${event.item}</span></span></th>
      ${expected ? expected.map((list) => html`<td>${guess(list, event.item)}</td>`) : html`<td colspan="2" class="soft">${t("evaluate.start")}</td>`}</tr>`)}</tbody>
  </table></div>${session.hidden > 0 ? html`<p class="small soft">${t("evaluate.hidden", { count: format.whole(session.hidden) })}</p>` : nothing}`;
}

const guess = ({ rank, items }, item) => html`<span class="badge ${rank ? "good" : ""}">${rank ? t("evaluate.rank", { rank }) : t("evaluate.missed")}</span>
  <span class="small soft">${items.map((other, at) => html`${at > 0 ? ", " : ""}${other === item ? html`<b>${other}</b>` : other}`)}</span>`;
