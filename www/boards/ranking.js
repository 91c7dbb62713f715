// The ranking board: models of behaviour tested in a worker of their own, so that training goes on undisturbed.

import { t } from "../i18n.js";
import { keepRanking } from "../lab.js";
import { loadBuild } from "../load.js";
import { Wire } from "../rpc.js";
import { changed, changedSoon, drawn, state } from "../state.js";
import { announce } from "../voice.js";

/** @type {Wire | null} */
let wire = null;
/** The file that the worker has read, and what it tested on which terms. */
let loaded = null;
let tested = { terms: "", models: new Set() };
let turns = 0;
let heard = () => {};
/** Ends the waiting for what `heard` hears; whoever waited finds that something else is wanted by now. */
let leave = () => {};

const PATIENCE = 800;

/** The models that can be compared. */
export async function models() {
  drop();
  wire = new Wire(await loadBuild("whole"), (response) => heard(response), crashed);
  const responses = await wire.request({ type: "board", request: { type: "models" } }, true);
  return responses.find(({ type }) => type === "models").models;
}

/** The terms as a link holds them. */
export function terms() {
  const { unit, share, days, tune, keepUnseen } = state.evaluate;
  const size = unit === "share" ? share / 100 : days;
  return { window: { unit, size }, keepUnseen, tune, seed: state.settings.seed };
}

/** The name of a model without its settings. */
export const plain = (model) => model.split(":")[0];

/** What there is to know of a kind of model. */
export const kindOf = (model) => state.evaluate.models.find(({ name }) => name === plain(model));

/** Whether a model is a network, and not only asks some. */
export const isNetwork = (model) => kindOf(model)?.parameters.some(({ name }) => name === RANK) ?? false;

const RANK = "rank";

/** The chosen models as links name them: networks with their settings, once for each ranking where all are wanted. */
export function chosenModels() {
  const { asked, chosen, models } = state.evaluate;
  return asked ?? models.filter(({ name }) => chosen.includes(name)).flatMap((kind) => (isNetwork(kind.name) ? rankings(kind) : [kind.name]));
}

function rankings({ name, parameters }) {
  const { hyper } = state.evaluate;
  const { options } = parameters.find((one) => one.name === RANK).domain;
  const ranks = hyper[RANK] === "apart" ? options.map(({ key }) => key) : [hyper[RANK]];
  return ranks.map((rank) => named(name, parameters, { ...hyper, [RANK]: rank }));
}

/** Settings in the order of their names, without what is the default anyway. */
function named(name, parameters, values) {
  const set = parameters.filter((one) => values[one.name] !== undefined && values[one.name] !== one.default).map((one) => one.name);
  return [name, ...set.sort().map((key) => `${key}=${values[key]}`)].join(":");
}

/** What was set of the networks: by hand, or as an opened link has it. */
export function hyper() {
  const { asked, hyper: own } = state.evaluate;
  const networks = asked?.filter(isNetwork) ?? [];
  if (networks.length === 0) return own;
  const apart = new Set(networks.map(plain)).size < networks.length;
  return apart ? { ...valuesOf(networks[0]), [RANK]: "apart" } : valuesOf(networks[0]);
}

function valuesOf(model) {
  const kinds = kindOf(model).parameters;
  const value = (key, text) => (typeof kinds.find(({ name }) => name === key)?.default === "number" ? Number(text) : text);
  const given = model.split(":").slice(1).map((part) => part.split("="));
  return Object.fromEntries(given.filter(([key]) => key !== "steps").map(([key, text]) => [key, value(key, text)]));
}

/** Something was set by hand: the board is of other settings now, and a stop that a link had holds no more. */
export function settingsChanged() {
  const { evaluate } = state;
  Object.assign(evaluate, { stale: true, hyper: hyper(), asked: null });
  const names = chosenModels();
  if (!names.includes(evaluate.reference)) {
    evaluate.reference = names.find((name) => plain(name) === plain(evaluate.reference)) ?? names[0] ?? evaluate.reference;
  }
  changed("evaluate");
}

/** Says whether this is still what a person wants, on the same log. */
function newTurn() {
  const turn = ++turns;
  const { file } = state.data;
  return () => turn === turns && file === state.data.file;
}

/** Tests every chosen model that was not tested on these terms yet, then compares them. */
export async function run() {
  const { evaluate } = state;
  const same = newTurn();
  Object.assign(evaluate, { phase: "running", problem: null, cancelled: false, differing: null, verdict: null, finished: [] });
  changed("evaluate");
  const problem = (await prepare(same)) ?? (same() ? await testAll(terms(), same) : null);
  if (!same()) return;
  if (problem) evaluate.problem = problem;
  await compare(same);
}

/** Reads the log into the evaluation's own worker, unless it is there already. */
async function prepare(same) {
  const { data, evaluate } = state;
  if (wire && loaded === data.file) return null;
  evaluate.at = { stage: "load", model: null, fraction: null };
  changed("evaluate");
  drop();
  const { current, options, file } = data;
  wire = new Wire(await loadBuild("whole"), (response) => heard(response), crashed);
  for (const { key } of state.catalog.parameters.filter(({ group }) => group === "sessions")) {
    wire.request({ type: "set", key, value: state.settings[key] }, true);
  }
  const begin = { type: "beginImport", source: current.source, name: current.name, size: current.blob ? current.blob.size : null, options };
  const read = until("imported");
  if (current.blob) wire.send({ act: "read", begin, blob: current.blob });
  else wire.send({ act: "generate", begin, settings: { ...state.settings } });
  const problem = await read;
  if (same() && !problem) loaded = file;
  return problem;
}

async function testAll(on, same) {
  const { evaluate } = state;
  const key = JSON.stringify(on);
  if (tested.terms !== key) tested = { terms: key, models: new Set() };
  for (const model of chosenModels()) {
    if (!tested.models.has(model)) {
      evaluate.at = { stage: on.tune > 0 && kindOf(model).tuned ? "tune" : "fit", model, fraction: 0 };
      changed("evaluate");
      const ready = until("evaluated");
      wire.request({ type: "board", request: { type: "evaluateModel", model, terms: on } });
      const problem = await ready;
      if (!same() || problem) return problem;
      tested.models.add(model);
      tested.last = model;
    }
    evaluate.finished = [...evaluate.finished, model];
    changed("evaluate");
  }
  return null;
}

/** Asks the board's worker while nothing is tested; it reads the log first where it has not. */
export async function ask(request) {
  if (state.evaluate.phase === "running") return null;
  const same = newTurn();
  const problem = await prepare(same);
  state.evaluate.at = null;
  if (problem || !same()) return problem && { problem };
  const responses = await wire.request({ type: "board", request }, true);
  if (!same()) return null;
  return { found: responses[0], problem: responses.find(({ type }) => type === "problem")?.problem };
}

/** Sends the board's worker something that is no request; it has read the log before. */
export const send = (message) => wire.send(message, true);

/** Tells the board's worker something about the test under way. */
export const tell = (request) => wire?.request({ type: "board", request }, true);

/** Has the idle worker do something that comes in pieces: `doing` says what, `take` hears each piece and says whether it was the last. */
export async function gather(doing, request, take) {
  const { evaluate } = state;
  if (evaluate.phase === "running") return null;
  const same = newTurn();
  Object.assign(evaluate, { phase: "running", advising: doing, problem: null, cancelled: false });
  changed("evaluate", "look");
  let problem = await prepare(same);
  if (!same()) return null;
  if (!problem) {
    const last = hear(take);
    wire.request({ type: "board", request });
    problem = await last;
  }
  if (!same()) return null;
  Object.assign(evaluate, { phase: "idle", advising: null, at: null });
  changed("evaluate", "look");
  return problem;
}

/** The worker that holds the log and what was tested, once it does; another one knows nothing of it. */
export const holder = () => (alive() ? wire : null);

/** Which model was tested last. */
export const testedLast = () => (alive() ? tested.last : null);

const until = (type) => hear((response) => response.type === type);

/** Waits for the last response, as `take` says; gives the problem that came instead, if one did. */
function hear(take) {
  leave(null);
  return new Promise((resolve) => {
    leave = resolve;
    heard = (response) => {
      if (response.type === "problem") resolve(response.problem);
      else if (response.type === "evaluationProgress") {
        const { model, stage, fraction, learning } = response;
        state.evaluate.at = { model, stage, fraction, learning };
        changedSoon("evaluate", ...(state.evaluate.advising ? ["look"] : []));
      } else if (take(response)) resolve(null);
    };
  });
}

/** Puts what was tested on one board, and the board into the experiment. */
async function compare(same) {
  const { evaluate } = state;
  const ready = wire && chosenModels().some((model) => tested.models.has(model));
  if (ready) {
    evaluate.at = { stage: "compare", model: null, fraction: null };
    changed("evaluate");
    const responses = await wire.request({ type: "board", request: { type: "compare", models: chosenModels(), reference: evaluate.reference } }, true);
    if (!same()) return;
    const answer = responses.find(({ type }) => type === "board");
    if (answer) {
      Object.assign(evaluate, { board: answer.board, ranking: answer.ranking, stale: false });
      evaluate.verdict = (await keepRanking(answer.ranking)) ?? null;
      announce(t("evaluate.ready", { count: answer.board.lines.length }));
    } else {
      evaluate.problem ??= responses.find(({ type }) => type === "problem")?.problem ?? null;
    }
  }
  if (!same()) return;
  Object.assign(evaluate, { phase: "idle", at: null });
  changed("evaluate", "look", "share");
}

/** Another reference: the same tests, compared anew. */
export async function compareWith(reference) {
  const { evaluate } = state;
  evaluate.reference = reference;
  changed("evaluate");
  if (evaluate.phase === "running" || !evaluate.board || !alive()) return;
  evaluate.differing = null;
  await compare(newTurn());
}

/** Ends the test under way. What a slice can't end, as learning, ends with its worker; then nothing of it is left. */
export async function cancel() {
  const { evaluate } = state;
  const loading = evaluate.at?.stage === "load";
  const same = newTurn();
  heard = () => {};
  leave(null);
  const said = evaluate.advising ? "networks.cancelled" : "evaluate.cancelled";
  Object.assign(evaluate, { at: null, cancelled: !evaluate.advising, advising: null });
  changed("evaluate");
  const asked = loading ? null : wire?.request({ type: "board", request: { type: "cancelEvaluation" } }, true);
  const answer = await Promise.race([asked, new Promise((resolve) => setTimeout(() => resolve(null), loading ? 0 : PATIENCE))]);
  if (!same()) return;
  if (!answer) drop();
  announce(t(said));
  await compare(same);
}

/** The sessions on which a model and the reference differ most. */
export async function differ(model) {
  const { evaluate } = state;
  const second = evaluate.board.protocol.reference;
  evaluate.differing = { first: model, second, sessions: null };
  changed("evaluate");
  const responses = await wire.request({ type: "board", request: { type: "differ", first: model, second, count: 8 } }, true);
  if (evaluate.differing?.first !== model) return;
  evaluate.differing.sessions = responses.find(({ type }) => type === "differing")?.sessions ?? [];
  changed("evaluate");
  await drawn();
  document.getElementById("differing")?.focus();
}

/** Whether the worker still holds the tests that the board shows. */
export const alive = () => wire !== null && loaded === state.data.file;

/** Gives up what was tested: another experiment was opened. */
export function forget() {
  turns += 1;
  drop();
}

function drop() {
  leave(null);
  wire?.stop();
  wire = null;
  loaded = null;
  tested = { terms: "", models: new Set() };
}

function crashed(text) {
  turns += 1;
  drop();
  Object.assign(state.evaluate, { phase: "idle", at: null, advising: null, problem: { what: { key: "evaluate.crashed" }, mend: null, report: text } });
  changed("evaluate");
}
