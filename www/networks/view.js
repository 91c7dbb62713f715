// Networks on the ranking board: their cost before they start, their learning while it goes on, their reasons afterwards.

import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { alive, isNetwork } from "../boards/ranking.js";
import { state } from "../state.js";
import { figures, problemBox } from "../views/parts.js";
import { settingsFold } from "./settings.js";
import { chosenNetworks, explain, learnedLast, measure, networks, speed, stopLearning, watch } from "./driver.js";

export function networksView() {
  const { evaluate } = state;
  const { at } = evaluate;
  if (at?.learning) watch(at);
  const chosen = chosenNetworks();
  if (chosen.length === 0) return nothing;
  if (evaluate.phase !== "running" && !networks.busy && !networks.problem) queueMicrotask(measure);
  return html`<section class="stack" aria-labelledby="networks-title" data-testid="networks">
    <h3 id="networks-title">${t("networks.title")}</h3>
    ${problemBox(networks.problem)}
    ${costs(chosen)}
    ${chosen.some(isNetwork) ? settingsFold() : nothing}
    ${evaluate.advising ? nothing : learningView(networks.info[at?.model], learnedLast())}
    ${reasons()}
  </section>`;
}

function costs(chosen) {
  const cell = (info, of) => html`<td class="num">${info ? of(info) : networks.busy ? "…" : format.DASH}</td>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("networks.costs")}><table class="small">
    <thead><tr><th scope="col">${t("networks.network")}</th>${["time", "memory", "weights", "speed"].map((name) => html`<th scope="col" class="num">${t(`networks.${name}`)}</th>`)}</tr></thead>
    <tbody>${chosen.map((name) => html`<tr><th scope="row">${name}</th>
      ${cell(networks.info[name], ({ seconds }) => (sharesLearning(name, chosen) ? t("networks.shared") : format.seconds(seconds)))}
      ${cell(networks.info[name], ({ bytes }) => format.bytes(bytes))}
      ${cell(networks.info[name], ({ weights }) => format.whole(weights))}
      ${cell(networks.info[name], ({ targetsPerSecond }) => format.whole(targetsPerSecond))}</tr>`)}</tbody>
  </table></div>
  <p class="small soft">${t("networks.costs.note")}</p>`;
}

/** Values and products come of one course of learning, where one is tested after the other. */
const sharesLearning = (name, chosen) => name.includes(":rank=product") && chosen.includes(name.replace(":rank=product", ":rank=value"));

/** How the network under way learns, else the one that did so `last`; `info` is what it was said to take. */
export function learningView(info, last = null) {
  const { at, phase } = state.evaluate;
  if (at?.learning) watch(at);
  const model = at?.learning ? at.model : last;
  const learning = networks.learned[model];
  if (!learning) return nothing;
  const running = phase === "running" && at?.model === model && at.stage === "fit";
  const judged = learning.epochs.slice(0, learning.searched).at(-1);
  const rate = running ? speed(model) : null;
  const left = running && info ? Math.max(0, (1 - at.fraction) * info.seconds) : null;
  return html`<div class="stack">
    <div class="row apart"><b>${t("networks.learning", { model })}</b>
      <button type="button" ?disabled=${!running} data-testid="stop-learning" @click=${stopLearning}>${t("networks.stop")}</button></div>
    ${figures([
      [t("networks.epoch"), `${learning.epochs.length}${learning.epochs.length > learning.searched ? ` (${t("networks.again")})` : ""}`],
      [t("networks.loss"), format.fixed(running && learning.loss > 0 ? learning.loss : learning.epochs.at(-1)?.loss)],
      ["HR@20", format.fixed(judged?.hr)],
      ["MRR@20", format.fixed(judged?.mrr)],
      [t("networks.norm"), format.fixed(running ? learning.norm : learning.epochs.at(-1)?.norm)],
      [t("networks.speed"), format.whole(rate)],
      [t("networks.left"), left === null ? format.DASH : format.seconds(left)],
    ])}
    ${problemBox(learning.trouble)}
    <q-chart size="tall" .spec=${curves(model, learning)}></q-chart>
    <p class="small soft">${t("networks.learning.note", { best: learning.best || format.DASH })}</p>
  </div>`;
}

function curves(model, { epochs, searched }) {
  const found = epochs.slice(0, searched);
  const x = found.map((_, at) => at + 1);
  const line = (label, style, of) => ({ label, style, exact: true, x, y: found.map((epoch) => of(epoch) ?? NaN) });
  return {
    kind: "lines",
    title: t("networks.learning", { model }),
    x: { label: t("networks.epoch"), whole: true, range: x.length > 1 ? null : [0, 2] },
    y: { label: t("networks.axis"), unit: "", log: false, range: x.length > 0 ? null : [0, 1] },
    series: x.length > 0 ? [line("HR@20", 0, ({ hr }) => hr), line("MRR@20", 1, ({ mrr }) => mrr), line(t("networks.lossShare"), 2, ({ loss }) => loss / found[0].loss)] : [],
    marks: [],
    references: [],
    smoothing: 0,
  };
}

const STOPPED = /:steps=(\d+)/;
export const isStopped = (model) => STOPPED.test(model);

/** A network by name; one that was stopped by hand says when. */
export function title(model) {
  const steps = model.match(STOPPED)?.[1];
  return steps ? t("networks.stopped", { model: model.replace(STOPPED, ""), steps: format.whole(Number(steps)) }) : model;
}

function reasons() {
  const { evaluate } = state;
  if (evaluate.phase === "running" || !alive() || !evaluate.board || !chosenNetworks().some((name) => isNetwork(name) && networks.learned[name])) return nothing;
  const { insight } = networks;
  const step = (by) => () => explain((insight?.session ?? -by) + by);
  return html`<div class="stack" data-testid="insight">
    <div class="row apart"><b>${t("networks.why")}</b><div class="row">
      <button type="button" ?disabled=${!insight || insight.session === 0} @click=${step(-1)}>${t("networks.before")}</button>
      <button type="button" @click=${step(1)}>${t(insight ? "networks.next" : "networks.show")}</button></div></div>
    ${insight ? shown(insight) : html`<p class="small soft">${t("networks.why.note")}</p>`}
  </div>`;
}

function shown({ model, session, sessions, recommended, truth, events, neighbours }) {
  const best = recommended[0]?.[0] ?? format.DASH;
  return html`<p>${t("networks.session", { model: title(model), session: session + 1, sessions: format.whole(sessions), best, truth })}</p>
    ${reasonsView({ recommended, events, neighbours })}`;
}

/** What is recommended, what each event does for the first of it, and what the network holds to be like it. */
export function reasonsView({ recommended, events, neighbours }) {
  const best = recommended[0]?.[0] ?? format.DASH;
  const table = (caption, heads, rows) => html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}><table class="board"><caption class="small">${caption}</caption>
    <thead><tr><th scope="col">${heads[0]}</th><th scope="col" class="num">${heads[1]}</th></tr></thead>
    <tbody>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="num small">${value}</td></tr>`)}</tbody></table></div>`;
  return html`<div class="maps">
    ${table(t("networks.list"), [t("networks.item"), t("networks.score")], recommended.map(([item, score]) => [item, format.brief(score)]))}
    ${table(t("networks.occlusion", { best }), [t("networks.item"), t("networks.change")], events.map(({ item, change }) => [item, format.fixed(Math.abs(change) < 0.005 ? 0 : change, 2)]))}
    ${table(t("networks.neighbours", { best }), [t("networks.item"), t("networks.cosine")], neighbours.map(([item, alike]) => [item, format.fixed(alike, 2)]))}
  </div>`;
}
