// Step 4: what was learned, for a user of the shop or for the states of a textbook problem.

import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { adviceView, openAdvice } from "../boards.js";
import { decisions } from "../decisions.js";
import { exportAll, findUsers, recommend } from "../lab.js";
import { changed, state } from "../state.js";
import { policyView } from "./policy.js";
import { problemBox } from "./parts.js";

export function lookView() {
  if (decisions()) return decisions().lookView();
  if (state.decide.problem !== "shop") return policyView();
  if (!state.data.report) return html`<p class="blank">${t("look.empty")}</p>`;
  return html`${problemBox(state.look.problem)}<div class="finder">${people()}${person()}</div>${adviceView()?.() ?? network()}`;
}

/** Recommendations of a network are loaded when they are first asked for. */
function network() {
  const { opening } = state.look;
  return html`${opening === "failed" ? html`<p class="message bad" role="alert">${t("evaluate.failed")}</p>` : nothing}
    <p><button type="button" data-testid="open-advice" ?disabled=${opening === "now"} aria-busy=${opening === "now"} @click=${openAdvice}>${t("look.network")}</button></p>`;
}

/** Below this many sightings an action's numbers are called weak evidence. */
const WEAK = 5;

// The list of users

function people() {
  const { look } = state;
  const choose = (at) => {
    look.active = at;
    recommend(look.users[at].name);
  };
  return html`<div class="people">
    <label class="label" for="user-search">${t("look.search")}</label>
    <input id="user-search" type="search" role="combobox" autocomplete="off" spellcheck="false" aria-expanded="true" aria-controls="user-list"
      aria-activedescendant=${look.active >= 0 ? `user-${look.active}` : nothing} aria-autocomplete="list"
      .value=${look.query} @input=${(event) => findUsers(event.target.value)} @keydown=${(event) => walk(event, choose)}>
    <p class="small soft num">${t("look.found", { total: format.whole(look.total) })}</p>
    <div id="user-list" role="listbox" aria-label=${t("look.users")} @scroll=${more}>
      ${look.users.map((user, at) => html`<div role="option" id=${`user-${at}`} class=${look.active === at ? "active" : ""} aria-selected=${look.user === user.name}
        title=${t("look.events", { events: format.whole(user.events), sessions: format.whole(user.sessions) })} @click=${() => choose(at)}>
        <span class="clip">${user.name}</span><small>${format.whole(user.events)}</small></div>`)}
      ${look.users.length === 0 && look.query ? html`<p class="small soft">${t("look.noUser", { query: look.query })}</p>` : nothing}
    </div>
  </div>`;
}

function walk(event, choose) {
  const { look } = state;
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
  if (by) {
    event.preventDefault();
    look.active = Math.max(0, Math.min(look.users.length - 1, look.active + by));
    if (look.active > look.users.length - 5 && look.users.length < look.total) findUsers(look.query, true);
    changed("look");
    requestAnimationFrame(() => document.getElementById(`user-${look.active}`)?.scrollIntoView({ block: "nearest" }));
  } else if (event.key === "Enter" && look.users.length > 0) {
    event.preventDefault();
    choose(Math.max(0, look.active));
  } else if (event.key === "Escape" && look.query) {
    event.preventDefault();
    findUsers("");
  }
}

function more({ target }) {
  const { users, total, query } = state.look;
  if (users.length < total && target.scrollTop + target.clientHeight > target.scrollHeight - 200) findUsers(query, true);
}

// One user

function person() {
  const { view, user } = state.look;
  if (user === null || !view) return html`<p class="blank">${t("look.choose")}</p>`;
  return html`<div class="person" aria-busy=${state.look.busy}>${history(view)}${recommendations(view)}</div>`;
}

function history(view) {
  // The state is the tail of the newest session.
  const seen = (session, at) => at >= session.events.length - view.state.length;
  const last = view.sessions.length - 1;
  return html`<div class="stack">
    <h3>${t("look.history", { user: view.user })}</h3>
    <ol class="timeline" tabindex="0" aria-label=${t("look.history", { user: view.user })}>
      ${view.hidden > 0 ? html`<li class="small soft">${t("look.hidden", { count: format.whole(view.hidden) })}</li>` : nothing}
      ${view.sessions.map((session, at) => html`<li><span>${when(session, at)}</span>
        <span class="events">${session.events.map((event, nth) => html`<span class=${`event ${event.kind} ${at === last && seen(session, nth) ? "here" : ""}`} title=${`${t(`event.${event.kind}`)}: ${event.item}`}><i></i><span class="unseen">${t(`event.${event.kind}`)}</span><span class="clip">${event.item}</span></span>`)}</span></li>`)}
    </ol>
    <p class="small soft">${t("look.state", { items: view.state.length > 0 ? view.state.join(" → ") : t("look.state.none") })} ${view.backedOff ? t("look.backedOff") : nothing}</p>
  </div>`;
}

function when(session, at) {
  const time = session.events[0]?.time;
  return time === null || time === undefined
    ? html`<span class="small soft">${session.name || t("look.session", { n: at + 1 })}</span>`
    : html`<time datetime=${new Date(time).toISOString()}>${format.moment(time)}</time>`;
}

function recommendations(view) {
  const { look } = state;
  return html`<div class="stack">
    <div class="row apart"><h3>${t("look.recommend")}</h3>
      <div class="row"><label class="check small nowrap">${t("look.k")} <select @change=${(event) => { look.k = Number(event.target.value); recommend(look.user); }}>${[5, 10, 20].map((k) => html`<option .selected=${k === look.k}>${k}</option>`)}</select></label>
      <button type="button" ?disabled=${look.exporting} @click=${exportAll}>${look.exporting ? t("look.exporting") : t("look.export")}</button></div></div>
    ${view.learned ? nothing : html`<p class="message">${t("look.notLearned")}</p>`}
    <p class="small soft">${t(view.byQ ? "look.byQ" : "look.byLikelihood")} ${t("look.parts.note")}</p>
    ${view.items.length === 0 ? html`<p class="blank">${t("look.noItems")}</p>` : html`${parts(view)}${table(view)}`}
  </div>`;
}

/** What each Q-value is made of, as stacked bars. */
function parts(view) {
  const spec = {
    kind: "bars",
    title: t("look.parts"),
    x: { label: t("look.q") },
    baseline: view.learned ? t("look.learnedQ") : "",
    parts: [t("look.reward"), t("look.future"), t("look.otherwise")],
    bars: view.items.map((item) => ({ label: item.item, parts: [item.partReward, item.partFuture, item.partOtherwise], baseline: view.learned ? item.q : null })),
  };
  return html`<q-chart size="rows" .spec=${spec}></q-chart>`;
}

/** Each item with its numbers and its reasons; beside it what popularity would show at that place. */
function table(view) {
  const both = new Set(view.items.map(({ item }) => item));
  const head = (key, number = true) => html`<th scope="col" class=${number ? "num" : ""}>${t(key)}</th>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("look.recommend")}><table class="items">
    <thead><tr>${head("look.item", false)}${view.byQ ? nothing : head("look.score")}${head("look.q")}${head("look.qStar")}${head("look.accept")}${head("look.support")}${head("look.tried")}<th scope="col" title=${t("look.popular.note")}>${t("look.popular")}</th></tr></thead>
    ${view.items.map((item, at) => html`<tbody>
      <tr><th scope="rowgroup"><span class="item">${item.item}</span>${item.category ? html` <span class="badge">${item.category}</span>` : nothing}</th>
        ${view.byQ ? nothing : cell("look.score", html`<b>${format.fixed(item.score, 4)}</b>`)}${cell("look.q", html`<b>${format.fixed(item.q)}</b>`)}${cell("look.qStar", format.fixed(item.qStar))}${cell("look.accept", format.percent(item.pAccept))}${cell("look.support", format.whole(item.support))}${cell("look.tried", format.compact(item.tried))}
        <td rowspan="2" class="popular" data-name=${t("look.popular")}>${popular(view.popular[at], both)}</td></tr>
      <tr><td colspan=${view.byQ ? 6 : 7} class="why">${why(item, view)}</td></tr></tbody>`)}
  </table></div>`;
}

const cell = (name, value) => html`<td class="num" data-name=${t(name)}>${value}</td>`;

function popular(entry, both) {
  if (!entry) return nothing;
  const [item, count] = entry;
  return html`<span class=${both.has(item) ? "both" : ""}>${item}</span> <span class="soft">${format.whole(count)}</span>`;
}

function why(item, view) {
  const words = {
    accept: format.percent(item.pAccept),
    unasked: format.percent(item.pUnasked),
    reward: format.brief(item.reward),
    future: format.brief(item.future),
    support: format.whole(item.support),
    rank: format.whole(item.popularityRank),
    state: item.state.join(" → ") || t("look.state.none"),
  };
  const shorter = item.state.length < view.state.length;
  const weak = item.support < WEAK;
  return [t("look.why", words), shorter && t("look.why.shorter", words), weak && t("look.why.weak", words)].filter(Boolean).join(" ");
}
