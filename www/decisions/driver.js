// Price, stock and ads: what is asked of the engine, and what it answered.

import { apply, askOperations, giveLog } from "../lab.js";
import { changed, state } from "../state.js";

/** What is known of the problem at hand. */
export const at = {
  /** @type {object | null} what the agent does */
  shown: null,
  baselines: null,
  /** Seed of the episode that is played, and the places on the axes that the map does not show. */
  seed: 1,
  slice: [],
  demand: null,
  /** The item of the log that is looked at; the best seller if none was chosen. */
  item: null,
  demandOpen: false,
  demandProblem: null,
  waiting: false,
  /** Of the split of a budget. */
  split: null,
  splitProblem: null,
  /** The log of bids, as text, and the curve of it. */
  bids: { open: false, text: "", found: null, problem: null },
};

/** Another problem was chosen. */
export function begin() {
  Object.assign(at, { shown: null, baselines: null, seed: 1, slice: [], demand: at.demand && { ...at.demand, proposal: null } });
  if (at.demandOpen) askDemand();
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
}

export function logRead() {
  Object.assign(at, { demand: null, split: null, demandProblem: null });
  at.item = null;
  if (at.demandOpen) askDemand();
}

export const useProposal = () => apply(at.demand.proposal);

export async function askSplit() {
  if (giveLog()) return;
  const { answer, problem } = await askOperations({ type: "split" });
  at.splitProblem = problem;
  at.split = answer?.split ?? null;
  changed("decide");
}

// A log of bids ---------------------------------------------------------------------------------------------

export function writeBids(text, ask = false) {
  Object.assign(at.bids, { text, found: null, problem: null });
  changed("decide");
  if (ask) askWins();
}

export async function askWins() {
  const { text } = at.bids;
  const { answer, problem } = await askOperations({ type: "wins", text });
  if (text !== at.bids.text) return;
  Object.assign(at.bids, { found: answer?.wins ?? null, problem });
  changed("decide");
}

export const useWins = () => apply(at.bids.found.proposal);
