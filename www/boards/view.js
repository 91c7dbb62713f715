// The boards: two tabs that never mix, which model predicts and which policy earns.

import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import { changed, state } from "../state.js";
import { offPolicyView, sequencesView } from "./log-view.js";
import { offlineView } from "./offline-view.js";
import { rankingView } from "./ranking-view.js";
import { trialView } from "./trial-view.js";
import { valueView } from "./value-view.js";

const TABS = ["ranking", "policies"];
const SECTIONS = { value: valueView, offPolicy: offPolicyView, sequences: sequencesView, trial: trialView, offline: offlineView };

export function boardsView() {
  const { tab } = state.evaluate;
  return html`
    <div class="tabs" role="tablist" aria-label=${t("evaluate.title")} @keydown=${move}>${TABS.map((name) => html`<button type="button" role="tab" id=${`board-${name}`} aria-controls="board-panel" aria-selected=${tab === name} tabindex=${tab === name ? 0 : -1} @click=${() => open(name)}>${t(`evaluate.tab.${name}`)}</button>`)}</div>
    <div id="board-panel" class="view" role="tabpanel" aria-labelledby=${`board-${tab}`}>${tab === "policies" ? policies() : state.data.report ? rankingView() : html`<p class="blank">${t("evaluate.empty")}</p>`}</div>`;
}

function open(name) {
  state.evaluate.tab = name;
  changed("evaluate");
}

function move(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = TABS[(TABS.indexOf(state.evaluate.tab) + step + TABS.length) % TABS.length];
  open(next);
  document.getElementById(`board-${next}`).focus();
}

function policies() {
  const { section, running, results } = state.policies;
  const choose = (name) => () => {
    state.policies.section = name;
    changed("evaluate");
  };
  return html`
    <div class="chips" role="group" aria-label=${t("policies.title")}>${Object.keys(SECTIONS).map((name) => html`<button type="button" class="chip" data-testid=${`section-${name}`} aria-pressed=${section === name} @click=${choose(name)}>${t(`policies.section.${name}`)}${results[name] || (running && running.kind === name) ? html` <span aria-hidden="true">${running?.kind === name ? "…" : "✓"}</span>` : nothing}</button>`)}</div>
    <div class="stack">${SECTIONS[section]()}</div>`;
}
