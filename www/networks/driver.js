// Networks on the ranking board: what they will take, how they learn, and why they recommend what they do.

import { ask, chosenModels, kindOf, tell, terms } from "../boards/ranking.js";
import { changed, state } from "../state.js";

export const NETWORKS = ["mlp", "cnn", "gru", "transformer"];

/** The networks among the chosen models, and what asks networks. */
export const chosenNetworks = () => chosenModels().filter((name) => !kindOf(name).tuned);

/** What is known of them: `info` by name, `learned` by name, `aside`: those of them that learned to recommend to users; the `insight` shown, a problem. */
export const networks = { info: {}, learned: {}, aside: new Set(), started: {}, insight: null, problem: null, key: "", busy: false };

/** Measures every chosen network that was not measured on these terms yet. */
export async function measure() {
  const key = JSON.stringify([state.data.file, terms()]);
  if (networks.key !== key) Object.assign(networks, { key, info: {}, learned: {}, insight: null });
  if (networks.busy || state.evaluate.phase === "running") return;
  const missing = chosenNetworks().filter((name) => !networks.info[name]);
  if (missing.length === 0) return;
  networks.busy = true;
  changed("evaluate");
  for (const model of missing) {
    const answer = await ask({ type: "measure", model, terms: terms() });
    networks.problem = answer?.problem ?? null;
    if (!answer || answer.problem) break;
    networks.info[model] = answer.found;
    changed("evaluate");
  }
  networks.busy = false;
  changed("evaluate");
}

/** Takes note of how the network under way learns. */
export function watch({ model, learning }) {
  if (!learning) return;
  const now = performance.now();
  const before = networks.started[model];
  if (!before || learning.targets < before.targets) networks.started[model] = { time: now, targets: learning.targets };
  networks.learned[model] = learning;
  networks.aside[state.evaluate.advising ? "add" : "delete"](model);
}

/** The network of the board that learned last. */
export const learnedLast = () => chosenNetworks().filter((model) => networks.learned[model] && !networks.aside.has(model)).at(-1);

/** Targets learned from in a second since learning began, once that can be told. */
export function speed(model) {
  const began = networks.started[model];
  const seconds = began ? (performance.now() - began.time) / 1000 : 0;
  return seconds > 0.5 ? (networks.learned[model].targets - began.targets) / seconds : null;
}

/** Ends the learning of the network under way; the best weights so far are tested. */
export const stopLearning = () => tell({ type: "stopLearning" });

/** Asks why the network tested last recommends what it does after a test session. */
export async function explain(session) {
  const answer = await ask({ type: "explain", session: Math.max(0, session) });
  networks.problem = answer?.problem ?? null;
  networks.insight = answer?.found ?? networks.insight;
  changed("evaluate");
}
