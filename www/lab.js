// What a person can do in the laboratory, and what its answers change on the page.

import { say, t } from "./i18n.js";
import { whole } from "./format.js";
import { save } from "./files.js";
import { loadPage } from "./load.js";
import { Wire } from "./rpc.js";
import { fetchSample, sample } from "./samples.js";
import { openNetworks } from "./approximator.js";
import { decisions, isKnown, isOperation, openDecisions } from "./decisions.js";
import { changed, changedSoon, emptyBoard, emptyLearn, state } from "./state.js";
import { announce, dismiss, notify } from "./voice.js";

/** @type {Wire} */
let wire;
let lastCrash = null;

/** Connects the laboratory to a worker; gives what the engine can do. */
export function connect(build) {
  wire = new Wire(build, take, recover, silent);
  return wire.ready;
}

/** Why a value can't be taken for a parameter; null if it can. */
export const check = (key, value) => wire.send({ act: "check", key, value }, true);

export const newSeed = () => wire.send({ act: "newSeed" }, true);

/** Goes on with another build of the engine. What a person had set comes along; the log is read again when it is needed. */
export async function useBuild(build) {
  if (wire.build.name === build.name) return;
  const { pending } = state.data;
  forgetLearning(true);
  download?.drop();
  wire.use(build);
  held = null;
  state.catalog = await wire.ready;
  for (const parameter of state.catalog.parameters) {
    const { key } = parameter;
    state.settings[key] ??= defaultOf(parameter);
    if (state.settings[key] !== defaultOf(parameter)) wire.request({ type: "set", key, value: state.settings[key] }, true);
  }
  if (pending) importLog(pending.origin, pending.options);
}

/** The file that the worker holds. */
let held = null;

/** Gives the worker the log again, if it lost it; what is decided stays. @returns {boolean} whether it has to be waited for */
export function giveLog() {
  const { data } = state;
  if (data.pending) return true;
  if (!data.current || held === data.file) return false;
  importLog(data.current, data.options);
  return true;
}

/** Asks about price, stock or ads; gives the answer, or the problem in its place. */
export async function askOperations(request) {
  const { first, problem } = await ask({ type: "operations", request }, true);
  return { answer: first("operations")?.answer ?? null, problem };
}

/** Sets several parameters at once. */
export async function apply(settings) {
  state.decide.problemText = await wish(settings, { type: "operations", request: { type: "apply", settings } });
  changed();
}

/** Asks the engine for settings that the page shows at once; gives the problem where they are refused, and all is as it was. */
async function wish(settings, request, forgets = true) {
  const { learn } = state;
  const before = Object.fromEntries(Object.keys(settings).map((key) => [key, state.settings[key]]));
  Object.assign(state.settings, settings);
  if (forgets) forgetLearning();
  changed();
  const { problem } = await ask(request);
  if (problem) {
    Object.assign(state.settings, before);
    state.learn = learn;
  }
  return problem;
}

/** A request; its problem, if it has one, is returned instead of shown. */
async function ask(request, quiet = false) {
  const responses = await wire.request(request, quiet);
  const problem = responses.find((response) => response.type === "problem")?.problem ?? null;
  return { responses, problem, first: (type) => responses.find((response) => response.type === type) };
}

// Data ----------------------------------------------------------------------------------------------------

/** Reads a log. `origin`: `{source, name, blob?, sample?}`; what was read before stays until this one stands. */
export async function importLog(origin, options = {}) {
  const data = state.data;
  data.problem = null;
  data.pasting = false;
  data.reads += 1;
  if (data.refused?.origin !== origin) data.refused = null;
  data.pending = { origin, options, since: performance.now(), progress: null, sorting: null, preview: null, words: [] };
  changed("data", "learn", "chrome");
  const begin = {
    type: "beginImport",
    source: origin.source,
    name: origin.name,
    size: origin.blob ? origin.blob.size : null,
    options,
  };
  if (origin.blob) await wire.send({ act: "read", begin, blob: origin.blob });
  else await wire.send({ act: "generate", begin, settings: { ...state.settings } });
}

/** What a person chooses takes the place of what an opened link asked to be repeated; says whether there was anything. */
async function dropPromise(problem) {
  const { promised } = state.share;
  if (!promised) return false;
  Object.assign(state.share, { promised: null, wanted: null, given: null });
  state.evaluate.promised = false;
  dismiss("opened");
  const free = { ...promised, settings: state.settings, problem, changes: [], stop: null, outcome: null, ranking: undefined, findings: [] };
  await wire.send({ act: "open", experiment: free }, true);
  return true;
}

/** Another log was chosen: a link's promise is dropped with its problem, unless that needs no log and stays decided. */
async function leaveLog() {
  const problem = isOperation() ? state.decide.problem : "shop";
  if ((await dropPromise(problem)) && problem !== "shop") decide(problem);
}

export async function chooseSample(id) {
  await leaveLog();
  const chosen = sample(id);
  if (chosen.source) {
    importLog({ source: chosen.source, name: `${t("sample.generated")}.csv`, sample: id });
    return;
  }
  try {
    const blob = await fetchSample(chosen);
    importLog({ source: { type: "sample", id }, name: chosen.file, blob, sample: id });
  } catch {
    fail({ what: both("data.fetch"), mend: null });
  }
}

const ownFile = (file) => ({ source: { type: "file", name: file.name, size: file.size, fingerprint: "" }, name: file.name, blob: file });

export async function chooseFile(file) {
  await leaveLog();
  importLog(ownFile(file));
}

export function choosePasted(text) {
  chooseFile(new File([text], t("data.paste.name"), { type: "text/csv" }));
}

export function cancelImport() {
  if (!state.data.pending) return;
  state.data.pending = null;
  wire.send({ act: "abandon" }, true);
  announce(t("data.cancelled"));
  changed("data", "learn");
}

/** What the controls of how a file is read are about: the one being read, the one that could not be, or the one in use. */
export function atHand() {
  const { pending, refused, current, options, preview, report } = state.data;
  const inUse = current && { origin: current, options, preview, words: report?.eventWords ?? [] };
  if (!pending) return refused ?? inUse;
  // Until its first rows are there again, those of before will do.
  const before = [refused, inUse].find((one) => one?.origin === pending.origin);
  if (!before) return pending;
  const words = pending.words.length > 0 ? pending.words : before.words;
  return { ...pending, preview: pending.preview ?? asAsked(before.preview, pending.options), words };
}

/** The first rows as they were, with what a person asked for since: where that can't be read, no others come. */
function asAsked(preview, options) {
  const asked = ["encoding", "delimiter", "header", "dayFirst", "decimalComma"].filter((key) => options[key] != null);
  return preview && { ...preview, ...Object.fromEntries(asked.map((key) => [key, options[key]])) };
}

/** Reads the same log again with other options. */
export function readAgain(changes) {
  const hand = atHand();
  if (!hand) return;
  importLog(hand.origin, changes ? { ...hand.options, ...changes } : {});
}

/** Gives up on the file that could not be read. */
export function leaveRefused() {
  Object.assign(state.data, { refused: null, problem: null });
  changed("data");
}

export async function saveRejects() {
  await collect({ type: "rejects" }, "rejected-rows.csv");
}

export async function saveShop() {
  const blob = await wire.send({ act: "saveShop", settings: { ...state.settings } }, true);
  if (blob instanceof Blob) save(blob, "generated-shop.csv");
}

// Decide and parameters -----------------------------------------------------------------------------------

/** Decides something else, as a person chose. */
export async function chooseProblem(problem) {
  // From the link's own problem, so that another one brings the settings that suit it.
  await dropPromise(state.decide.problem);
  await decide(problem);
}

async function decide(problem) {
  if (!isKnown(problem) && !(await openDecisions())) return;
  state.decide = { problem, problemText: null, world: null, solving: null, opening: null };
  if (problem !== "shop" && state.data.pending) state.data.pending.background = true;
  state.look.policy = null;
  forgetLearning(true);
  changed();
  if (problem === "shop" && (!state.data.report || giveLog())) return;
  decisions()?.begin();
  const { problem: refused } = await ask({ type: "decide", problem });
  if (refused) {
    state.decide.problemText = refused;
    changed("decide");
  } else {
    decisions()?.begun();
  }
}

export const parameter = (key) => state.catalog.parameters.find((parameter) => parameter.key === key);
export const defaultOf = ({ domain }) => (domain.type === "choice" ? domain.options[0].key : domain.default);

/** Whether nothing that is learned depends on it: how money is written, what is asked about the log. */
const isAside = (key, group) =>
  group === "operations" && (key === "currency" || !state.catalog.problems.some(({ id, parameters }) => id === state.decide.problem && parameters.includes(key)));

/** Takes a checked value; a live one acts at once, the others start what depends on them anew. */
export async function set(key, value) {
  if (state.settings[key] === value) return;
  const { group, live, domain } = parameter(key);
  const running = state.learn.phase === "running" || state.learn.phase === "paused";
  state.share.stale = true;
  const forgets = group !== "generator" && group !== "sessions" && !isAside(key, group) && !(live && running);
  const problem = await wish({ [key]: value }, { type: "set", key, value }, forgets);
  if (problem) {
    // The field keeps what was asked for, and says why not.
    if (domain.type !== "choice" && domain.type !== "flag") state.drafts[key] = String(value);
    state.wrong[key] = problem;
    changed();
    return;
  }
  if (group === "sessions") readAgain({});
  if (group === "operations") decisions()?.wished();
}

// Learn ---------------------------------------------------------------------------------------------------

export async function train() {
  if (state.learn.phase === "done") forgetLearning();
  state.learn.problem = null;
  state.learn.phase = "running";
  state.learn.speed = null;
  clock.at = 0;
  changed("learn", "chrome");
  learnAnswer(await ask({ type: "train" }));
}

export async function pause() {
  state.learn.phase = "paused";
  changed("learn", "look", "chrome");
  await ask({ type: "pause" });
  refreshLook();
}

export async function step() {
  if (state.learn.phase === "done") forgetLearning();
  if (state.learn.phase !== "paused") state.learn.phase = "paused";
  changed("learn", "chrome");
  learnAnswer(await ask({ type: "step" }));
  refreshLook();
}

export async function stop() {
  await ask({ type: "stop" });
}

export async function reset() {
  forgetLearning(true);
  changed();
  await ask({ type: "reset" });
  refreshLook();
}

function learnAnswer({ problem }) {
  if (!problem) return;
  state.learn.problem = problem;
  state.learn.phase = "idle";
  changed("learn", "chrome");
}

/** Empties the curves but keeps how a person looks at them; the last curve stays behind, pale, until something else is decided. */
function forgetLearning(entirely = false) {
  const { kept, tab, smoothing, log, runs, previous } = state.learn;
  const last = runs.length > 0 ? runs : previous;
  state.learn = { ...emptyLearn(), kept, tab, smoothing, log, previous: entirely ? null : last };
  state.share.stale = true;
}

// Look ----------------------------------------------------------------------------------------------------

let usersTurn = 0;

export async function findUsers(query, more = false) {
  const look = state.look;
  look.query = query;
  const turn = ++usersTurn;
  const offset = more ? look.users.length : 0;
  const { first } = await ask({ type: "users", query, offset, limit: 100 }, true);
  const answer = first("users");
  if (!answer || turn !== usersTurn) return;
  look.users = more ? [...look.users, ...answer.users] : answer.users;
  look.total = answer.total;
  if (!more) look.active = -1;
  changed("look");
}

export async function recommend(user) {
  state.look.user = user;
  state.look.busy = true;
  changed("look");
  const { first, problem } = await ask({ type: "recommend", user, k: state.look.k }, true);
  if (state.look.user !== user) return;
  state.look.busy = false;
  state.look.problem = problem;
  state.look.view = first("recommendation")?.view ?? null;
  changed("look");
}

/** Brings what is looked at up to date with what was learned. */
export function refreshLook() {
  if (state.decide.problem === "shop") {
    if (state.look.user !== null) recommend(state.look.user);
  } else if (state.decide.world?.optimum != null) {
    lookAtPolicy();
  }
}

function lookAtPolicy() {
  if (isOperation()) decisions()?.refresh();
  else askPolicy();
}

let policyAsked = false;

async function askPolicy() {
  if (policyAsked) return;
  policyAsked = true;
  const { first } = await ask({ type: "policy" }, true);
  policyAsked = false;
  state.look.policy = first("policy") ?? null;
  changed("look");
}

export const exportAll = () => collect({ type: "exportRecommendations", k: state.look.k }, "recommendations.csv");

// Share ---------------------------------------------------------------------------------------------------

export async function makeLink() {
  const { share } = state;
  const { problem, text, shared } = await written(share.inline ? "inLink" : "nothing", "writeLink");
  const link = text ? `${location.href.split("#")[0]}#${text}` : null;
  const markdown = link && `[Qcart: ${shared.headline}](${link})`;
  Object.assign(share, { link, markdown, note: shared?.note ?? null, problem, copied: null, stale: false });
  changed("share");
}

export async function saveProject() {
  const { problem, text, shared } = await written("inFile", "writeProject");
  Object.assign(state.share, { problem, fileNote: shared?.note ?? null });
  changed("share");
  if (text) save(new Blob([text], { type: "application/json" }), "experiment.qcart.json");
}

/** The experiment as it stands, written by a function of the page's module. */
async function written(carry, write) {
  const { first, problem } = await ask({ type: "share", carry }, true);
  const shared = first("shared");
  if (!shared) return { problem };
  try {
    const page = await loadPage();
    return { shared, problem: null, text: page[write](shared.experiment) };
  } catch (error) {
    return { problem: error.what ? error : { what: both(`load.${error.kind ?? "other"}`), mend: null } };
  }
}

/** Puts a comparison of models into the experiment; says whether it came to what the opened link promised. */
export async function keepRanking(ranking) {
  const { first } = await ask({ type: "keepRanking", ranking }, true);
  state.share.stale = true;
  const reproduced = first("rankingKept")?.reproduced;
  return typeof reproduced === "boolean" ? { reproduced } : null;
}

/** Puts what the policy board found into the experiment; says whether it came to what the opened link promised. */
export async function keepFinding(finding) {
  const { first } = await ask({ type: "keepFinding", finding }, true);
  state.share.stale = true;
  const reproduced = first("findingKept")?.reproduced;
  return typeof reproduced === "boolean" ? { reproduced } : null;
}

/** A question of the boards to the laboratory; nobody else hears the answer. */
export const askLab = (request) => ask(request, true);

/**
 * Sets everything as an experiment says, which the page's module has read and checked.
 * @throws a problem, if something that it needs is not there; nothing has changed then
 */
export async function openExperiment(experiment) {
  const { source, options, settings } = experiment;
  if (experiment.problem === "shop" && source.type === "none") throw { what: both("share.noLog"), mend: null };
  const origin = await originOf(source);
  const needsMore = !isKnown(experiment.problem) || (settings.approximator ?? "table") !== "table";
  const more = isKnown(experiment.problem) ? openNetworks : openDecisions;
  if (needsMore && !(await more())) throw { what: both("load.network"), mend: null };
  const opened = await wire.send({ act: "open", experiment }, true);
  const refused = opened.find(({ type }) => type === "problem")?.problem;
  if (refused) throw refused;
  // What a link leaves out stands at its default.
  const defaults = Object.fromEntries(state.catalog.parameters.map((one) => [one.key, defaultOf(one)]));
  state.settings = { ...defaults, ...settings };
  state.drafts = {};
  state.wrong = {};
  state.decide.problem = experiment.problem;
  state.share.promised = experiment;
  state.share.link = null;
  forgetLearning();
  state.share.wanted = source.type === "file" ? source : null;
  changed();
  if (origin) importLog(origin, options);
  if (experiment.problem !== "shop") decide(experiment.problem);
  announce(t("share.opened"));
}

/** Where the log of an experiment is read from; null where it has none, or it is still to be given. */
async function originOf(source) {
  if (source.type === "generated") return { source, name: `${t("sample.generated")}.csv`, sample: "generated" };
  if (source.type === "inline") return { source, name: source.name, blob: new Blob([(await loadPage()).inlineLog(source.data)]) };
  if (source.type !== "sample") return null;
  const chosen = sample(source.id);
  const blob = await fetchSample(chosen).catch(() => {
    throw { what: both("data.fetch"), mend: null };
  });
  return { source, name: chosen.file, blob, sample: source.id };
}

/** The file that an opened experiment asked for, or another one in its place. */
export function giveWanted(file) {
  state.share.given = null;
  importLog({ ...ownFile(file), wanted: true }, state.share.promised.options);
}

// Answers -------------------------------------------------------------------------------------------------

const clock = { at: 0, step: 0 };

const answers = {
  preview({ preview }) {
    const { pending } = state.data;
    if (pending) pending.preview = preview;
    else state.data.preview = preview;
    changed("data");
  },
  eventWords({ words }) {
    const { pending } = state.data;
    if (pending) pending.words = words;
  },
  importProgress({ progress }) {
    const { pending } = state.data;
    if (!pending) return;
    pending.progress = progress;
    changedSoon("data");
  },
  sorting({ fraction }) {
    const { pending } = state.data;
    if (!pending) return;
    pending.sorting = fraction;
    changedSoon("data");
  },
  imported(answer) {
    const { data } = state;
    const { pending } = data;
    if (!pending) return;
    Object.assign(data, {
      current: pending.origin,
      options: pending.options,
      preview: pending.preview,
      report: answer.report,
      file: answer.file,
      dialect: answer.dialect,
      rejects: answer.rejects,
      pending: null,
      refused: null,
      problem: null,
    });
    held = answer.file;
    if (!isOperation()) forgetLearning(true);
    Object.assign(state.evaluate, emptyBoard(), { promised: state.evaluate.promised });
    if (pending.origin.wanted) state.share.given = answer.file;
    Object.assign(state.look, { query: "", users: [], total: 0, user: null, view: null, active: -1 });
    lastCrash = null;
    announce(t("data.done", { name: answer.file.name, events: whole(answer.report.events) }));
    findUsers("");
    changed();
    // A textbook problem chosen while the log was read stays chosen.
    if (isOperation()) decisions()?.logRead();
    else if (state.decide.problem === "shop" || !pending.background) decide("shop");
  },
  settings({ settings }) {
    const wished = recovering;
    recovering = null;
    Object.assign(state.settings, settings);
    for (const [key, value] of Object.entries(wished ?? {})) set(key, value);
    changed();
  },
  forgotten() {
    forgetLearning();
    changed();
  },
  building() {
    if (state.decide.world) state.decide.world.optimum = null;
    state.decide.solving = null;
    changed();
  },
  world({ world }) {
    state.decide.world = world;
    state.decide.problem = world.problem;
    if (world.optimum !== null && world.optimum !== undefined) {
      state.decide.solving = null;
      if (state.look.user === null && state.look.users.length > 0 && world.problem === "shop") recommend(state.look.users[0].name);
      else refreshLook();
    }
    changed();
  },
  solving({ sweeps, change }) {
    state.decide.solving = { sweeps, change };
    changedSoon("decide", "learn");
  },
  snapshots({ run, snapshots }) {
    const { runs } = state.learn;
    while (runs.length <= run) runs.push([]);
    runs[run].push(...snapshots);
    if (state.decide.problem !== "shop") lookAtPolicy();
    changedSoon("learn");
  },
  trainProgress({ run, step, budget, network }) {
    const { learn } = state;
    const now = performance.now();
    if (clock.run !== run || step < clock.step || clock.at === 0) Object.assign(clock, { at: now, step, run });
    if (now - clock.at > 250) {
      const speed = ((step - clock.step) * 1000) / (now - clock.at);
      learn.speed = learn.speed === null ? speed : 0.6 * learn.speed + 0.4 * speed;
      Object.assign(clock, { at: now, step });
    }
    Object.assign(learn, { run, step, budget, network });
    changedSoon("learn");
  },
  changed({ run, step, key, value }) {
    state.learn.changes.push({ run, step, key, value });
    changed("learn");
  },
  trace(answer) {
    state.learn.trace = answer;
    changed("learn");
  },
  runEnded({ run, reason, text }) {
    state.learn.ended.push({ run, reason, text });
    clock.at = 0;
    changed("learn");
  },
  trained({ outcome, digest, verdict }) {
    Object.assign(state.learn, { outcome, digest, verdict: state.share.promised ? verdict : null, phase: "done", speed: null });
    state.share.stale = true;
    announce(say(state.learn.ended.at(-1)?.text));
    refreshLook();
    changed();
  },
  chunk({ text, last }) {
    download?.take(text, last);
  },
  problem({ problem }) {
    const { pending } = state.data;
    const ofLog = /^(log|import|file)\./.test(problem.code ?? "");
    if (ofLog && pending?.origin.wanted && pending.options === state.share.promised?.options) {
      // Another file than the one asked for may need to be read in another way.
      importLog(pending.origin);
    } else if (ofLog) {
      fail(problem);
    } else if (state.learn.phase === "running") {
      learnAnswer({ problem });
    } else {
      state.decide.problemText = problem;
      changed("decide");
    }
  },
};

function take(response) {
  answers[response.type]?.(response);
}

/** The log could not be read; if its first rows are known, how it is read can be changed. */
function fail(problem) {
  const { data } = state;
  const hand = data.pending && atHand();
  // The log in use was to be given to a new worker, and is gone.
  const lost = hand && hand.origin === data.current && held !== data.file;
  if (lost) Object.assign(data, { current: null, report: null, preview: null, file: null });
  if (hand?.preview) data.refused = hand;
  Object.assign(data, { problem, pending: null });
  changed();
}

/** A sentence of the page as the engine would say it; it is shown in the language of the moment. */
const both = (key) => ({ key });

// A dead worker -------------------------------------------------------------------------------------------

let recovering = null;

function silent(is) {
  if (!is) {
    dismiss("silent");
    return;
  }
  const run = () => {
    dismiss("silent");
    wire.restart();
  };
  notify({ id: "silent", kind: "warn", text: "silent.title", more: "silent.more", action: { label: "silent.restart", run } });
}

function recover(text) {
  const { data } = state;
  const origin = data.pending?.origin ?? data.current;
  const options = data.pending?.options ?? data.options;
  const again = origin !== null && lastCrash !== origin;
  forgetLearning();
  lastCrash = origin;
  held = null;
  data.pending = null;
  data.refused = null;
  const other = origin !== data.current;
  if (!again && !other) Object.assign(data, { current: null, report: null, preview: null, file: null });
  state.decide.world = null;
  state.decide.solving = null;
  download = null;
  notify({ id: "crash", kind: "bad", text: "crash.title", more: again ? "crash.again" : origin ? "crash.loop" : "crash.empty", report: text });
  // Choosing a problem brings the settings that suit it; what a person had set comes after.
  recovering = { ...state.settings };
  if (again) importLog(origin, options);
  else if (other && data.current) importLog(data.current, data.options);
  if (state.decide.problem !== "shop") decide(state.decide.problem);
  changed();
}

// Files out -----------------------------------------------------------------------------------------------

let download = null;

/** Asks for a text that comes in chunks and saves it. */
async function collect(request, name) {
  if (download) return;
  const parts = [];
  const done = new Promise((resolve) => {
    download = {
      take(text, last) {
        parts.push(text);
        if (last) resolve(true);
      },
      drop: () => resolve(false),
    };
  });
  state.look.exporting = request.type === "exportRecommendations";
  changed("look");
  const { problem } = await ask(request);
  if (problem) {
    download?.drop();
    state.look.problem = problem;
  }
  const complete = await done;
  download = null;
  state.look.exporting = false;
  changed("look");
  if (complete) save(new Blob(parts, { type: "text/csv;charset=utf-8" }), name);
}
