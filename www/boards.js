// The boards: their code, texts and engine are loaded when they are first opened.

import { addTexts } from "./i18n.js";
import { changed, emptyBoard, state } from "./state.js";

let view = null;
let ranking = null;

/** The boards' own view, once it is loaded. */
export const boardsView = () => view;

/** Loads the boards, unless they are there or on their way. */
export async function openBoards() {
  const { evaluate } = state;
  if (view || evaluate.opening === "now") return;
  evaluate.opening = "now";
  changed("evaluate");
  try {
    await addTexts({ en: () => import("./boards/en.js"), "zh-CN": () => import("./boards/zh-CN.js") });
    const [views, driver] = await Promise.all([import("./boards/ranking-view.js"), import("./boards/ranking.js")]);
    evaluate.models = await driver.models();
    ranking = driver;
    view = views.rankingView;
    evaluate.opening = null;
  } catch {
    evaluate.opening = "failed";
  }
  changed("evaluate");
}

/** Takes over how an opened experiment compared models. */
export function openRanking({ terms, models, reference }) {
  const { unit, size } = terms.window;
  ranking?.forget();
  Object.assign(state.evaluate, emptyBoard(), {
    unit,
    [unit]: unit === "share" ? Math.round(size * 1e4) / 100 : size,
    tune: terms.tune,
    keepUnseen: terms.keepUnseen,
    chosen: models,
    reference,
    promised: true,
  });
  changed("evaluate");
  openBoards();
}
