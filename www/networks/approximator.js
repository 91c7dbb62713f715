// A deep Q-network, or tiles, in the place of the table: what it will take before it starts, and its settings.

import { html, nothing } from "../vendor/lit-html.js";
import { approximator } from "../approximator.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { askLab } from "../lab.js";
import { changed, state } from "../state.js";
import { fieldGroup, inGroup } from "../views/fields.js";
import { figures, problemBox } from "../views/parts.js";

/** Settings of tables that a network has no use for. */
const UNUSED = ["alpha", "alphaSchedule", "alphaFinal", "alphaVisits", "initialQ"];

const TILES = ["tilings", "tilesAlong"];
const tiled = () => approximator() === "tiles";

const found = { key: "", answer: null, problem: null };

/** What the answer depends on; empty while nothing can be measured. */
function subject() {
  const { decide, learn, settings } = state;
  if (decide.world?.optimum == null || learn.phase === "running" || learn.phase === "paused") return "";
  const mine = inGroup("network", "training").map(({ key }) => settings[key]);
  return JSON.stringify([decide.problem, decide.world, mine]);
}

async function measure(key) {
  if (found.key === key) return;
  Object.assign(found, { key, answer: null, problem: null });
  const { first, problem } = await askLab({ type: "network" });
  if (found.key !== key) return;
  Object.assign(found, { answer: first("approximator") ?? null, problem });
  changed("learn");
}

/** Tiles learn at the rate of a table, from the value it begins with. */
export const agentFields = (parameters) => (tiled() ? parameters : parameters.filter(({ key }) => !UNUSED.includes(key)));

/** How learning goes, beside the curves: what the newest update came to, how fast, how long still. */
function live() {
  const { phase, network, speed, step, budget, run } = state.learn;
  if (phase === "idle" || !network) return nothing;
  const { networkEvery, networkBatch, repeats } = state.settings;
  const steps = budget * (repeats ?? 1) - (run * budget + step);
  const going = phase === "running" && speed > 0;
  return html`<div data-testid="network-live">${figures([
    [t("networks.loss"), format.brief(network.loss)],
    [t("networks.norm"), format.brief(network.norm)],
    [t("networks.speed"), going ? format.compact((speed / networkEvery) * networkBatch) : format.DASH],
    [t("networks.left"), going ? format.seconds(steps / speed) : format.DASH],
  ])}</div>`;
}

export function costsView() {
  const key = subject();
  if (key && key !== found.key) queueMicrotask(() => measure(key));
  const { answer } = found;
  const of = (write) => (answer ? write(answer) : format.DASH);
  return html`<div class="stack" data-testid="network-costs">
    ${figures([
      [t("networks.weights"), of(({ weights }) => format.whole(weights))],
      [t("networks.memory"), of(({ bytes }) => format.bytes(bytes))],
      [t("networks.updates"), of(({ updates }) => format.whole(updates))],
      [t("networks.about"), of(({ seconds }) => format.seconds(seconds))],
    ])}
    ${live()}
    ${found.problem ? problemBox(found.problem) : html`<p class="small soft">${t(tiled() ? "tiles.instead" : "networks.instead")}${state.decide.problem === "shop" ? html` ${t("networks.instead.shop")}` : nothing}</p>`}
  </div>`;
}

const mine = ({ key }) => key !== "approximator" && TILES.includes(key) === tiled();
export const settingsView = () => html`<div class="part"><h3>${t(tiled() ? "tiles.one" : "networks.one")}</h3>${fieldGroup("network", "learn", inGroup("network").filter(mine))}</div>`;
