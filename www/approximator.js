// What holds the action values: the table, or a network, whose engine, texts and views are loaded when one is first chosen.

import { isOperation } from "./decisions.js";
import { chooseProblem, set, useBuild } from "./lab.js";
import { loadBuild } from "./load.js";
import { changed, state } from "./state.js";

const APPROXIMATORS = ["table", "tiles", "mlp", "cnn", "gru", "transformer"];

let views = null;
let opening = null;

export const approximator = () => state.settings.approximator ?? "table";

/** What may be chosen: tiles where states are points, or where they are chosen already and the engine says why they can't be. */
export const approximators = () => APPROXIMATORS.filter((kind) => kind !== "tiles" || isOperation() || approximator() === kind);

/** The views of networks, while one is chosen. */
export const networkViews = () => (approximator() === "table" ? null : views);

/** Loads what networks need, once. @returns {Promise<boolean>} whether it is there */
export async function openNetworks() {
  opening ??= open().finally(() => (opening = null));
  return opening;
}

async function open() {
  if (views) return true;
  state.learn.opening = "now";
  changed("learn");
  try {
    await useBuild(await loadBuild("whole"));
    views = await (await import("./networks/open.js")).openApproximator();
    state.learn.opening = null;
  } catch (error) {
    console.info(error);
    state.learn.opening = "failed";
  }
  changed();
  return views !== null;
}

/** Puts a network in the place of the table, or the other way round. */
export async function approximate(kind) {
  if (kind === approximator()) return;
  const alone = !views;
  if (!(await openNetworks())) return;
  set("approximator", kind);
  // Another worker stands now, which has decided nothing yet.
  if (alone) chooseProblem(state.decide.problem);
}
