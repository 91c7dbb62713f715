// Step 2: the decision problem, its rewards, and the assumption behind it.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { CAR, FAMILIES, decisions, isKnown, family, openDecisions } from "../decisions.js";
import { chooseProblem } from "../lab.js";
import { state } from "../state.js";
import { fieldGroup, inGroup } from "./fields.js";
import { figures, fold, problemBox } from "./parts.js";

export function decideView() {
  if (!state.catalog) return nothing;
  const { problem } = state.decide;
  return html`
    ${families()}
    ${family() === "textbook" ? textbooks(problem) : nothing}
    ${decisions()?.choiceView() ?? nothing}
    ${problemBox(state.decide.problemText)}
    ${world()}
    ${problem === "shop" ? shop() : nothing}
    ${decisions()?.settingsView() ?? nothing}
  `;
}

function families() {
  const { opening } = state.decide;
  const now = family();
  return html`<div class="stack"><div class="stack tight"><p class="label" id="families">${t("decide.what")}</p>
    <div class="chips" role="group" aria-labelledby="families">
      ${FAMILIES.map((id) => html`<button type="button" class="chip" data-family=${id} aria-pressed=${now === id} ?disabled=${opening === "now"} @click=${() => choose(id)}>${t(`family.${id}`)}</button>`)}
    </div></div>
    ${opening === "now" ? html`<p class="small soft" role="status">${t("decide.opening")}</p>` : nothing}
    ${opening === "failed" ? html`<p class="message bad" role="alert">${t("decide.failed")}</p>` : nothing}
  </div>`;
}

/** The first problem of a family; what is chosen already stays. */
async function choose(id) {
  if (family() === id) return;
  if (id !== "recommend" && id !== "textbook" && !(await openDecisions())) return;
  chooseProblem(state.catalog.problems.find((problem) => problem.family === id).id);
}

function textbooks(chosen) {
  const all = state.catalog.problems.filter((problem) => problem.family === "textbook");
  return html`<div class="stack"><div class="field"><label for="problem">${t("decide.textbook")}</label>
    <select id="problem" @change=${(event) => chooseTextbook(event.target.value)}>
      ${all.map(({ id, title }) => html`<option value=${id} .selected=${chosen === id}>${say(title)}</option>`)}
      ${isKnown(CAR) ? nothing : html`<option value=${CAR}>${t("decide.car")}</option>`}
    </select></div>
    ${note(chosen)}
  </div>`;
}

async function chooseTextbook(id) {
  if (isKnown(id) || (await openDecisions())) chooseProblem(id);
}

function note(chosen) {
  const info = state.catalog.problems.find(({ id }) => id === chosen);
  const text = state.decide.world?.note ?? info?.note;
  return text ? html`<p class="small soft">${say(text)}${info?.source ? html` <cite>${info.source}</cite>` : nothing}</p>` : nothing;
}

function world() {
  const { world, solving, problem } = state.decide;
  const unready = problem === "shop" && !state.data.report && !state.data.pending;
  const solved = world?.optimum !== null && world?.optimum !== undefined;
  return html`<div class="stack">
    ${figures([
      [t("decide.states"), format.whole(world?.states)],
      [t("decide.pairs"), format.whole(world?.pairs)],
      [t("decide.memory"), world ? format.bytes(world.bytes) : format.DASH],
      [t("decide.optimum"), decisions()?.money(world?.optimum) ?? format.brief(world?.optimum, 4)],
    ])}
    <p class="small soft num">${
      unready ? t("decide.needsLog")
      : solved ? t("decide.solved", { sweeps: format.whole(world.sweeps) })
      : solving ? t("decide.solving", { sweeps: format.whole(solving.sweeps), change: format.brief(solving.change, 2) })
      : t("decide.unsolved")
    }</p>
  </div>`;
}

function shop() {
  const { lift } = state.settings;
  return html`
    <div class="part"><h3>${t("decide.rewards")}</h3>${fieldGroup("reward", "decide", inGroup("reward"))}</div>
    <div class="part"><h3>${t("decide.shopSettings")}</h3>
      ${fieldGroup("shop", "decide", inGroup("shop"))}
      <div class="message"><b>${t("decide.lift.title")}.</b> ${t("decide.lift", { lift: format.brief(lift) })} ${lift === 1 ? t("decide.lift.one") : nothing}</div>
    </div>
    <div class="part">${fold("sessions", t("decide.sessions"), () => fieldGroup("sessions", "decide", inGroup("sessions")))}</div>
  `;
}
