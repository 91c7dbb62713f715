// The views of networks, each loaded with the texts that all of them share.

import { addTexts } from "../i18n.js";

let texts = null;

async function withTexts(load) {
  texts ??= addTexts({ en: () => import("./en.js"), "zh-CN": () => import("./zh-CN.js") });
  await texts;
  return load();
}

/** A network in the place of the table. */
export const openApproximator = () => withTexts(() => import("./approximator.js"));

/** Networks on the ranking board. */
export const openPanel = () => withTexts(() => import("./view.js"));

/** A network that recommends to users. */
export const openAdvice = () => withTexts(() => import("./advice-view.js"));
