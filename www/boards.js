// The boards: their code, texts and engine are loaded when they are first opened.

import { addTexts } from "./i18n.js";
import { changed, emptyBoard, state } from "./state.js";

let view = null;
let ranking = null;
let policies = null;
let findings = [];
let advice = null;

/** The boards' own view, once it is loaded. */
export const boardsView = () => view;

let coming = null;

/** Loads the boards, once. */
export const openBoards = async () => view ?? (coming ??= load().finally(() => (coming = null)));

async function load() {
  const { evaluate } = state;
  evaluate.opening = "now";
  changed("evaluate");
  try {
    await addTexts({ en: () => import("./boards/en.js"), "zh-CN": () => import("./boards/zh-CN.js") });
    const [views, drivers, board] = await Promise.all([import("./boards/view.js"), import("./boards/ranking.js"), import("./boards/policies.js")]);
    evaluate.models = await drivers.models();
    [ranking, policies] = [drivers, board];
    state.policies = policies.emptyPolicies();
    if (findings.length > 0) policies.openFindings(findings);
    view = views.boardsView;
    evaluate.opening = null;
  } catch {
    evaluate.opening = "failed";
  }
  changed("evaluate");
}

/** The view of what a network recommends, once it is asked for. */
export const adviceView = () => advice;

/** Loads it, and the boards, in whose worker networks learn. */
export async function openAdvice() {
  state.look.opening = "now";
  changed("look");
  await openBoards();
  try {
    const views = await (await import("./networks/open.js")).openAdvice();
    views.promise(findings);
    if (view) advice = views.adviceView;
  } catch (error) {
    console.info(error);
  }
  state.look.opening = advice ? null : "failed";
  changed("look");
}

/** Takes over how an opened experiment compared models, and what it found out about policies. */
export function openExperiment({ ranking: compared, findings: found = [] }) {
  findings = found;
  const studies = found.some(isOfBoard);
  state.evaluate.promised = false;
  state.evaluate.found = studies;
  state.evaluate.tab = studies ? "policies" : "ranking";
  if (state.policies) policies.openFindings(findings);
  if (compared) openRanking(compared);
  if (compared || studies) openBoards();
  if (findings.some(isAdvice)) openAdvice();
  changed("evaluate");
}

const plain = (model) => model.split(":")[0];
const isAdvice = ({ kind }) => kind === "advice";
/** What a network recommends stands under Look, how a budget is split under Decide. */
const isOfBoard = ({ kind }) => !["advice", "split"].includes(kind);

function openRanking({ terms, models, reference }) {
  const { unit, size } = terms.window;
  ranking?.forget();
  Object.assign(state.evaluate, emptyBoard(), {
    unit,
    [unit]: unit === "share" ? Math.round(size * 1e4) / 100 : size,
    tune: terms.tune,
    keepUnseen: terms.keepUnseen,
    chosen: [...new Set(models.map(plain))],
    reference,
    asked: models,
    promised: true,
  });
}
