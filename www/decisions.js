// Price, stock and ads: their code, texts and engine are loaded when one of them is first chosen.

import { addTexts } from "./i18n.js";
import { useBuild } from "./lab.js";
import { loadBuild } from "./load.js";
import { changed, state } from "./state.js";

export const FAMILIES = ["recommend", "price", "stock", "ads", "textbook"];

let views = null;

/** The views of price, stock and ads, while one of them is decided. */
export const decisions = () => (isOperation() ? views : null);

/** The problem that is decided, as the catalogue describes it. */
const chosen = () => state.catalog?.problems.find(({ id }) => id === state.decide.problem);

/** What is decided: one of {@link FAMILIES}. */
export const family = () => chosen()?.family ?? "recommend";
/** The one textbook problem that comes with these; its states are points, too. */
export const CAR = "mountaincar";
export const isOperation = () => ["price", "stock", "ads"].includes(family()) || state.decide.problem === CAR;

/** Whether the engine at hand knows this problem. */
export const isKnown = (id) => state.catalog.problems.some((problem) => problem.id === id);

let opening = null;

/** Loads what price, stock and ads need, once. @returns {Promise<boolean>} whether it is there */
export async function openDecisions() {
  opening ??= open().finally(() => (opening = null));
  return opening;
}

async function open() {
  if (views) return true;
  state.decide.opening = "now";
  changed("decide");
  try {
    await useBuild(await loadBuild("whole"));
    await addTexts({ en: () => import("./decisions/en.js"), "zh-CN": () => import("./decisions/zh-CN.js") });
    views = await import("./decisions/views.js");
    state.decide.opening = null;
  } catch (error) {
    console.info(error);
    state.decide.opening = "failed";
  }
  changed();
  return views !== null;
}
