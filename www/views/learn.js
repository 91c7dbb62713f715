// Step 3: the buttons of training, its settings, and the curves.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { approximate, approximator, approximators, networkViews } from "../approximator.js";
import { chartOf, TABS } from "../curves.js";
import { decisions } from "../decisions.js";
import { pause, reset, step, stop, train } from "../lab.js";
import { changed, state } from "../state.js";
import { fieldGroup, inGroup } from "./fields.js";
import { fold, problemBox } from "./parts.js";

export function learnView() {
  if (!state.catalog) return html`<p class="soft">${t(state.engine === "failed" ? "load.other" : "load.engine")}</p>`;
  return html`
    ${transport()}
    ${values()}
    ${problemBox(state.learn.problem)}
    ${outcome()}
    ${tiles()}
    ${decisions() ? html`<div class="beside">${chart()}${decisions().liveView()}</div>` : chart()}
    ${networkViews()?.settingsView() ?? nothing}
    <div class="part">${fold("agent", t("learn.agent"), () => fieldGroup("agent", "learn", networkViews()?.agentFields(inGroup("agent")) ?? inGroup("agent")), { open: true })}</div>
    <div class="part">${fold("training", t("learn.training"), () => fieldGroup("training", "learn", inGroup("training")), { open: true })}</div>
  `;
}

const ready = () => state.engine === "ready" && !state.data.pending && state.decide.world?.optimum != null;

function transport() {
  const { phase } = state.learn;
  const able = ready();
  const main = {
    idle: [t("learn.train"), train, able],
    running: [t("learn.pause"), pause, true],
    paused: [t("learn.resume"), train, able],
    done: [t("learn.train"), train, able],
  }[phase];
  return html`<div class="stack">
    <div class="transport">
      <button type="button" class="primary" data-testid="train" ?disabled=${!main[2]} @click=${main[1]}>${phase === "running" ? PAUSE : PLAY}${main[0]}</button>
      <button type="button" ?disabled=${!able || phase === "running"} @click=${step}>${t("learn.step")}</button>
      <button type="button" ?disabled=${phase !== "running" && phase !== "paused"} @click=${stop}>${t("learn.stop")}</button>
      <button type="button" ?disabled=${phase === "idle"} @click=${reset}>${t("learn.reset")}</button>
      <p class="run">${status(able)}</p>
    </div>
    <progress max="1" value=${share()} aria-label=${t("learn.title")}></progress>
  </div>`;
}

/** What holds the action values. */
function values() {
  const { opening, phase } = state.learn;
  const busy = opening === "now" || phase === "running" || phase === "paused";
  const name = (kind) => (kind === "table" || kind === "tiles" ? t(`learn.${kind}`) : kind === "transformer" ? "Transformer" : kind.toUpperCase());
  return html`<div class="stack">
    <div class="row"><span class="label" id="values">${t("learn.values")}</span>
      <div class="chips" role="group" aria-labelledby="values">
        ${approximators().map((kind) => html`<button type="button" class="chip" data-approximator=${kind} aria-pressed=${approximator() === kind} ?disabled=${busy} @click=${() => approximate(kind)}>${name(kind)}</button>`)}
      </div></div>
    ${opening === "now" ? html`<p class="small soft" role="status">${t("decide.opening")}</p>` : nothing}
    ${opening === "failed" ? html`<p class="message bad" role="alert">${t("decide.failed")}</p>` : nothing}
    ${networkViews()?.costsView() ?? nothing}
  </div>`;
}

const PLAY = html`<svg aria-hidden="true" width="12" height="12" viewBox="0 0 12 12"><path d="M2.5 1v10l8-5z" fill="currentColor"/></svg>`;
const PAUSE = html`<svg aria-hidden="true" width="12" height="12" viewBox="0 0 12 12"><path d="M2 1h3v10H2zM7 1h3v10H7z" fill="currentColor"/></svg>`;

function share() {
  const { step: at, budget, run, phase } = state.learn;
  if (phase === "done") return 1;
  const runs = Math.max(1, state.settings.repeats ?? 1);
  return budget > 0 ? (run + at / budget) / runs : 0;
}

function status(able) {
  const { step: at, budget, run, speed, phase } = state.learn;
  if (phase === "idle") return able ? t("learn.ready") : t("learn.waiting");
  const runs = state.settings.repeats ?? 1;
  return [
    runs > 1 && t("learn.run", { run: run + 1, runs }),
    t("learn.steps", { step: format.whole(at), budget: format.whole(budget) }),
    speed !== null && phase === "running" && t("learn.speed", { speed: format.compact(speed) }),
  ].filter(Boolean).join(" · ");
}

/** Why it ended and what came out, in words; the place is kept free before. */
function outcome() {
  const { ended, outcome: out, verdict, phase } = state.learn;
  const last = ended.at(-1);
  if (phase === "paused" && state.learn.trace) return html`<div class="outcome stack tight">${trace()}</div>`;
  if (!last || phase !== "done") return html`<div class="outcome stack"><p class="message">${t(phase === "idle" ? "learn.before" : phase === "paused" ? "learn.while.paused" : "learn.while", { snapshots: format.whole(state.settings.snapshots) })}</p></div>`;
  const kind = last.reason === "diverged" || last.reason === "failed" ? "bad" : last.reason === "converged" ? "good" : "";
  return html`<div class="outcome stack">
    <p class=${`message ${kind}`}><b>${say(last.text)}</b>
      ${out && last.reason !== "diverged" ? sentence(out) : nothing}
    </p>
    ${verdict ? verdictBox(verdict) : nothing}
  </div>`;
}

function sentence(out) {
  const words = { percent: format.percentage(out.valuePercent, 2), low: format.percentage(out.valuePercentLow, 2), high: format.percentage(out.valuePercentHigh, 2), runs: out.runs, steps: format.whole(out.steps) };
  const optimum = state.decide.world?.optimum ?? null;
  const zero = optimum !== null && Math.abs(optimum) <= 1e-9 ? t("learn.zero") : nothing;
  return html`${t(out.runs > 1 ? "learn.outcome.band" : "learn.outcome", words)} ${zero} ${t("learn.distance", { distance: format.brief(out.qDistance) })}`;
}

export function verdictBox(verdict) {
  if (verdict.reproduced) return html`<p class="message good" data-testid="verdict"><b>${t("share.reproduced")}.</b> ${t("share.reproduced.note")}</p>`;
  return html`<div class="message warn" data-testid="verdict"><b>${t("share.differs")}.</b> ${t("share.differs.note", { part: say(verdict.differences[0]?.label) })}
    <ul class="notes">${verdict.differences.map(({ label, promised, here }) => html`<li class="mono">${t("share.differs.row", { part: say(label), promised, here })}</li>`)}</ul></div>`;
}

/** The latest measurements; each opens its curve. */
function tiles() {
  const { tab, runs } = state.learn;
  const last = runs.at(-1)?.at(-1);
  const values = {
    value: [format.percentage(last?.valuePercent, 2), t("learn.value.side")],
    error: [format.brief(last?.qDistance), t("learn.error.side")],
    explore: [format.brief(last?.epsilon), t("learn.explore.side", { alpha: format.brief(last?.alpha, 2) })],
    change: [format.percent(last?.greedyChanged, 2), t("learn.change.side")],
  };
  const keys = Object.keys(TABS);
  const move = (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = keys[(keys.indexOf(tab) + by + keys.length) % keys.length];
    open(next);
    event.currentTarget.querySelector(`#tab-${next}`).focus();
  };
  return html`<div class="tiles" role="tablist" aria-label=${t("learn.tabs")} @keydown=${move}>
    ${keys.map((key) => html`<button type="button" role="tab" id=${`tab-${key}`} aria-controls="curve" aria-selected=${tab === key} tabindex=${tab === key ? 0 : -1} @click=${() => open(key)}>
      <span class="what">${t(`learn.${key}`)}</span><span class="value">${values[key][0]}</span><span class="side">${values[key][1]}</span>
    </button>`)}
  </div>`;
}

function open(tab) {
  state.learn.tab = tab;
  changed("learn");
}

function chart() {
  const { learn } = state;
  const empty = learn.runs.length === 0 && learn.kept.length === 0 && !learn.previous;
  return html`<div id="curve" role="tabpanel" aria-labelledby=${`tab-${learn.tab}`}>
    <q-chart size="tall" .spec=${chartOf(learn, state.settings.budget)} .empty=${empty ? [t("learn.empty"), t("learn.empty.how")] : null} .tools=${chartTools(learn)}></q-chart>
  </div>`;
}

function chartTools(learn) {
  const tab = TABS[learn.tab];
  const keep = () => {
    learn.kept = [...learn.kept, { runs: learn.runs }].slice(-4);
    changed("learn");
  };
  return html`
    ${tab.exact ? nothing : html`<label class="check">${t("learn.smoothing")} <input type="range" min="0" max="0.99" step="0.01" .value=${String(learn.smoothing)} @input=${(event) => { learn.smoothing = event.target.valueAsNumber; changed("learn"); }}></label>`}
    ${tab.canBeLog ? html`<label class="check"><input type="checkbox" .checked=${learn.log} @change=${(event) => { learn.log = event.target.checked; changed("learn"); }}>${t("learn.logAxis")}</label>` : nothing}
    <button type="button" class="quiet" ?disabled=${learn.runs.length === 0 || learn.phase === "running"} @click=${keep}>${t("learn.keep")}</button>
    ${learn.kept.length > 0 ? html`<button type="button" class="quiet" @click=${() => { learn.kept = []; changed("learn"); }}>${t("learn.forget")}</button>` : nothing}
  `;
}

/** One update in numbers, as the rule says it. */
function trace() {
  const { trace: update, state: from, action, next } = state.learn.trace;
  const n = (x) => format.brief(x, 4).replace("-", "−");
  const gamma = state.settings.gamma;
  // The engine says what Q was moved towards; the best of the next state follows from it.
  const best = update.end || gamma === 0 ? 0 : (update.target - update.reward) / gamma;
  return html`
    <p class="equation" tabindex="0" role="group" aria-label=${t("learn.trace.rule")}>Q(${from}, ${action}): ${n(update.old)} → <b>${n(update.new)}</b> = ${n(update.old)} + ${n(update.alpha)} · (${n(update.reward)} + ${n(gamma)} · ${n(best)} − ${n(update.old)})</p>
    <p class="small soft">${t("learn.trace.go", { state: from, action, chosen: t(update.explored ? "learn.trace.explored" : "learn.trace.greedy"), reward: n(update.reward), next: next ?? t("learn.trace.end") })}</p>
  `;
}
