// Price, stock and ads: what is asked of the engine, and what it answered.

import { apply, askOperations, giveLog, keepFinding } from "../lab.js";
import { changed, state } from "../state.js";
import { openFold } from "../views/parts.js";

/** What is known of the problem at hand. */
export const at = {
  /** @type {object | null} what the agent does */
  shown: null,
  baselines: null,
  /** Seed of the episode that is played, and the places on the axes that the map does not show. */
  seed: 1,
  slice: [],
  demand: null,
  /** The log that was asked, as the engine describes it. */
  file: null,
  /** The item of the log that is looked at; the best seller if none was chosen. */
  item: null,
  demandOpen: false,
  demandProblem: null,
  waiting: false,
  /** How a budget is split: `{answer, digest, verdict, problem}`. */
  split: null,
  /** A log of bids and one of ads that were shown, as text, and what is estimated from them. */
  bids: { open: false, text: "", found: null, problem: null },
  ads: { open: false, text: "", found: null, problem: null },
};

/** Another problem was chosen: what a log proposed for the one before is not meant for it. */
export function begin() {
  Object.assign(at, { shown: null, baselines: null, seed: 1, slice: [], demand: at.demand && { ...at.demand, proposal: null } });
  for (const log of [at.bids, at.ads]) log.found &&= { ...log.found, proposal: {} };
  // What was found is forgotten with the problem, and what is of another log.
  at.split = null;
  if (at.file !== state.data.file) Object.assign(at, { file: state.data.file, demand: null, item: null, demandProblem: null });
}

/** The engine has taken it: logs now speak of it. */
export function begun() {
  if (at.demandOpen) askDemand();
  askTextLogs();
}

/** What logs of bids and ads propose hangs on the problem and its settings. */
function askTextLogs() {
  const takes = { bids: "winShape", ads: "clickRates" };
  const { parameters } = state.catalog.problems.find(({ id }) => id === state.decide.problem);
  for (const kind of Object.keys(QUESTIONS)) if (at[kind].found && parameters.includes(takes[kind])) askTextLog(kind);
}

let asking = false;
let again = false;

/** Brings what is shown up to date, one question at a time. */
export async function refresh() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  const { problem, world } = state.decide;
  if (!at.baselines && world?.optimum != null) askBaselines(world);
  const { answer } = await askOperations({ type: "show", seed: at.seed, at: at.slice });
  asking = false;
  if (answer && problem === state.decide.problem) {
    at.shown = answer.shown;
    changed("learn", "look");
  }
  if (again) {
    again = false;
    refresh();
  }
}

let comparedFor = null;

async function askBaselines(world) {
  if (comparedFor === world) return;
  comparedFor = world;
  const { answer } = await askOperations({ type: "baselines" });
  if (state.decide.world !== world) return;
  at.baselines = answer?.baselines ?? null;
  changed("look");
}

/** What was compared belongs to the problem as it was. */
export const baselines = () => (comparedFor === state.decide.world ? at.baselines : null);

export function playAnother() {
  at.seed += 1;
  refresh();
}

export function sliceAt(number, place) {
  at.slice[number] = place;
  for (let i = 0; i < number; i += 1) at.slice[i] ??= 0;
  refresh();
}

// The log ---------------------------------------------------------------------------------------------------

export function openDemand(open) {
  if (at.demandOpen === open) return;
  at.demandOpen = open;
  if (open) askDemand();
}

export async function askDemand(item = at.item) {
  at.item = item;
  if (!state.data.current && !state.data.pending) return;
  at.waiting = giveLog();
  changed("decide");
  if (at.waiting) return;
  const { answer, problem } = await askOperations({ type: "demand", item });
  at.demandProblem = problem;
  if (answer) {
    at.demand = answer.demand;
    at.item = answer.demand.item;
  }
  changed("decide");
}

/** A setting changed that the problem does not take, but the questions about the log may. */
export function wished() {
  if (at.demandOpen) askDemand();
  if (at.split) askSplit();
  askTextLogs();
}

export function logRead() {
  Object.assign(at, { demand: null, split: null, demandProblem: null, item: null, file: state.data.file });
  const { wanted, given } = state.share;
  if (splitPromised() && (!wanted || given)) {
    at.demandOpen = true;
    openFold("split");
    askSplit();
  }
  if (at.demandOpen) askDemand();
}

/** Whether the opened link says how a budget was split. */
const splitPromised = () => state.share.promised?.findings?.some(({ kind }) => kind === "split") ?? false;

export const useProposal = () => apply(at.demand.proposal);

/** Whether the experiment holds something that can't be repeated without the log. */
export const needsLog = () => Boolean(at.split?.answer);

export async function askSplit() {
  if (giveLog()) return;
  const { answer, problem } = await askOperations({ type: "split" });
  const { split, finding } = answer?.split ?? {};
  const verdict = finding ? await keepFinding(finding) : null;
  at.split = { answer: split ?? null, digest: finding?.digest, verdict, problem };
  changed("decide", "share");
}

// Logs of bids and of ads -----------------------------------------------------------------------------------

/** What is asked of each, which is also what the answer is called. */
const QUESTIONS = { bids: "wins", ads: "clicks" };

/** @param {"bids" | "ads"} kind */
export function writeTextLog(kind, text, ask = false) {
  Object.assign(at[kind], { text, found: null, problem: null });
  changed("decide");
  if (ask) askTextLog(kind);
}

/** @param {"bids" | "ads"} kind */
export async function askTextLog(kind) {
  const { text } = at[kind];
  const type = QUESTIONS[kind];
  const { answer, problem } = await askOperations({ type, text });
  if (text !== at[kind].text) return;
  Object.assign(at[kind], { found: answer?.[type] ?? null, problem });
  changed("decide");
}

/** @param {"bids" | "ads"} kind */
export const useTextLog = (kind) => apply(at[kind].found.proposal);
