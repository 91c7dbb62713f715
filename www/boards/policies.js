// The policy board: studies carried out in workers of their own, experiments on simulated users in a pool of them.

import { CAR, isOperation } from "../decisions.js";
import { t } from "../i18n.js";
import { askLab, keepFinding } from "../lab.js";
import { changed, changedSoon, state } from "../state.js";
import { announce } from "../voice.js";
import { Bench, StudyProblem } from "./bench.js";

const LOOK_EVERY = 400;
const KINDS = ["value", "offPolicy", "sequences", "sequencesLog", "trial", "trialLog", "offline"];

/** The first worker; the others help with simulated users. */
const pool = [new Bench()];
let turns = 0;
let stopping = false;

export function emptyPolicies() {
  const shop = state.decide.problem === "shop";
  return {
    section: "value",
    /** The study under way: `{kind, stage, fraction}`. */
    running: null,
    /** How many studies have ended. */
    runs: 0,
    problems: {},
    /** By kind: `{report, finding, study, basis, approximator, verdict, money}`. */
    results: {},
    /** An experiment under way: `{users, report}`. */
    live: null,
    plan: null,
    speed: null,
    plot: "regret",
    /** What an opened link promises, by kind: the study. */
    promised: {},
    forms: {
      exploring: { epsilon: 0.1, temperature: 0.1 },
      value: { episodes: 10000, networks: [], agents: [] },
      offPolicy: { target: "file", name: "", text: "", epsilon: 0.1, success: "click", estimate: false, resamples: 2000 },
      sequences: { logging: "epsilonGreedy", target: "qGreedy", episodes: 2000, resamples: 500 },
      sequencesLog: { target: "uniform", name: "", text: "", success: "click", gamma: 1, resamples: 500 },
      trial: { policies: [shop ? "popularity" : "random", "qGreedy"], users: 100000, stop: true, alpha: 0.05, effect: null, power: 0.8, workers: workersHere() },
      trialLog: { outcome: "purchase", control: "", alpha: 0.05 },
      offline: { own: false, logs: 20, episodes: 1000, threshold: 0.3, pessimism: 3, conservatism: 0.5 },
    },
  };
}

/** As many workers as the machine has spare. */
function workersHere() {
  return Math.max(1, (navigator.hardwareConcurrency ?? 2) - 1);
}

const OUTCOMES = { purchase: { did: "purchase" }, click: { did: "click" }, cart: { did: "cart" }, purchases: { times: "purchase" }, clicks: { times: "click" }, revenue: "revenue" };

/** The study that a form describes, as a link holds it. */
export function studyOf(kind) {
  const { forms } = state.policies;
  const form = forms[kind];
  // What an opened link promised keeps its seed.
  const seed = form.seed ?? state.settings.seed;
  const exploring = { ...forms.exploring };
  switch (kind) {
    case "value":
      return { value: { policies: valued(form), episodes: form.episodes, exploring, seed, networks: state.decide.problem === "shop" ? form.networks : [], agents: form.agents } };
    case "offPolicy":
      return { offPolicy: { target: targetOf(form), success: form.success, estimatePropensities: form.estimate, resamples: form.resamples, seed } };
    case "sequences":
      return { sequences: { logging: form.logging, target: form.target, episodes: form.episodes, exploring, resamples: form.resamples, seed } };
    case "sequencesLog":
      return { sequencesLog: { target: targetOf(form), success: form.success, gamma: form.gamma, resamples: form.resamples, seed } };
    case "trial": {
      const terms = { policies: form.policies, users: form.users, stop: form.stop, alpha: form.alpha, exploring, seed };
      if (form.effect !== null) terms.effect = form.effect;
      return { trial: terms };
    }
    case "trialLog": {
      const terms = { outcome: OUTCOMES[form.outcome], alpha: form.alpha };
      if (form.control !== "") terms.control = form.control;
      return { trialLog: terms };
    }
    default:
      return { offline: { own: form.own, logs: form.logs, episodes: form.episodes, threshold: form.threshold, pessimism: form.pessimism, conservatism: form.conservatism, seed } };
  }
}

/** The policies that are valued: those of an opened link, or all that there are. */
function valued({ policies }) {
  const here = policiesHere();
  return policies?.every((name) => here.includes(name)) ? policies : here;
}

/** The target policy of a form. */
function targetOf({ target, name, text, epsilon }) {
  if (target === "file") return { table: { name, text } };
  return target === "trained" ? { trained: { epsilon } } : target;
}

/** The policies that the decision problem has at the moment. */
export function policiesHere() {
  const shop = state.decide.problem === "shop";
  const trained = state.learn.phase === "done";
  return ["optimal", ...(trained ? ["qGreedy", "epsilonGreedy", "softmax"] : []), ...(shop ? ["likelihood", "popularity"] : []), "myopic", ...(isOperation() && !["reorder", CAR].includes(state.decide.problem) ? ["constant"] : []), ...(RULES[state.decide.problem] ?? []), "random"];
}

/** The textbook rules of a problem of stock. */
const RULES = { reorder: ["baseStock", "reorderPoint"], lostsales: ["baseStock", "cappedBaseStock"], perishable: ["baseStock"] };

/** Whether a study hangs on the decision problem, and not on the log alone. */
function needsDecision(kind, study) {
  if (kind === "offPolicy") return typeof study.offPolicy.target === "object" && "trained" in study.offPolicy.target;
  if (kind === "offline") return study.offline.own;
  return kind !== "trialLog" && kind !== "sequencesLog";
}

/** What a result was made of; a later result of other things makes it old. */
function basisOf(kind, study) {
  const log = needsLog(kind) || state.decide.problem === "shop" ? state.data.file : null;
  return needsDecision(kind, study) ? { file: log, world: state.decide.world, outcome: state.learn.outcome } : { file: needsLog(kind) ? state.data.file : null };
}
const needsLog = (kind) => ["offPolicy", "sequencesLog", "trialLog"].includes(kind);

/** Whether a result still belongs to what stands on the page. */
export function isStale(kind) {
  const { study, basis } = state.policies.results[kind];
  const now = basisOf(kind, study);
  return Object.keys(now).some((key) => now[key] !== basis[key]) || JSON.stringify(study) !== JSON.stringify(studyOf(kind));
}

/** What the main laboratory decided and learned, for the workers. */
async function decision(kind, study) {
  if (!needsDecision(kind, study)) return null;
  const { first, problem } = await askLab({ type: "share", carry: "nothing" });
  if (problem) throw new StudyProblem(problem);
  const { experiment } = first("shared");
  const bare = { ...experiment, source: { type: "none" }, outcome: null, stop: null, changes: [] };
  delete bare.ranking;
  delete bare.findings;
  const learned = state.learn.phase === "done" ? (await askLab({ type: "learned" })).first("learned")?.learned : null;
  return { problem: experiment.problem, experiment: bare, learned, key: `${JSON.stringify(bare)} ${learned ? state.learn.digest : ""}` };
}

/** Carries out the study of a form. */
export async function run(kind) {
  const { policies } = state;
  const turn = ++turns;
  stopping = false;
  const study = studyOf(kind);
  const basis = basisOf(kind, study);
  policies.problems[kind] = null;
  policies.running = { kind, stage: "load", fraction: null };
  changed("evaluate");
  try {
    await costs.under;
    const decided = await decision(kind, study);
    await pool[0].prepare(decided);
    const answer = kind === "trial" ? await conduct(study.trial, decided, turn) : await pool[0].study(study, (fraction, lesson) => tell(turn, fraction, lesson));
    if (turn !== turns) return;
    await keep(kind, { study, basis, answer, approximator: decided?.experiment.settings.approximator ?? "table" });
  } catch (error) {
    if (turn !== turns) return;
    if (!(error instanceof StudyProblem)) console.error(error);
    policies.problems[kind] = error.problem ?? { what: { key: "policies.failed" }, mend: null };
  }
  policies.running = null;
  policies.runs += 1;
  changed("evaluate", "share");
}

function tell(turn, fraction, lesson) {
  if (turn !== turns) return;
  const { running } = state.policies;
  const before = running.lesson;
  const same = before && lesson && JSON.stringify(before.pupil) === JSON.stringify(lesson.pupil);
  // Since when this one learns, and from where on: for samples a second and the time left.
  const since = same ? before.since : { at: performance.now(), samples: lesson?.samples ?? 0, done: lesson?.done ?? 0 };
  Object.assign(running, { stage: "work", fraction, lesson: lesson && { ...lesson, since } });
  changedSoon("evaluate");
}

// Who learns first for a study of values

/** What each takes, by `network.gru` or `agent.gru`, on the ground `key`; what can't be measured says so as `refused`. `under`: the measuring
 * under way, which whatever else wants the worker waits for. */
export const costs = { key: "", found: {}, under: null };

/** Those who would learn, as the engine names them. */
export function pupils() {
  const { networks, agents } = studyOf("value").value;
  return [...agents.map((agent) => ({ agent })), ...networks.map((network) => ({ network }))];
}

export const pupilKey = (pupil) => Object.entries(pupil)[0].join(".");

/** Measures whoever is chosen and was not measured on this ground yet, while nothing else is under way. */
export async function measure() {
  const key = JSON.stringify([state.data.file, state.decide.world, state.settings]);
  if (costs.key !== key) Object.assign(costs, { key, found: {} });
  const missing = pupils().filter((pupil) => !costs.found[pupilKey(pupil)]);
  if (costs.under || missing.length === 0) return;
  costs.under = measureAll(missing, key);
  await costs.under;
  costs.under = null;
  changed("evaluate");
}

async function measureAll(missing, key) {
  const turn = turns;
  try {
    await pool[0].prepare(await decision("value", studyOf("value")));
    for (const pupil of missing) {
      if (turn !== turns || costs.key !== key) break;
      costs.found[pupilKey(pupil)] = await pool[0].ask({ type: "measure", pupil }).catch(({ problem }) => ({ refused: problem ?? null }));
      changed("evaluate");
    }
  } catch (error) {
    // Whatever keeps the worker from being prepared, the study itself will say.
    console.info(error);
    for (const pupil of missing) costs.found[pupilKey(pupil)] ??= { refused: null };
  }
}

/** Shows a result and puts it into the experiment. */
async function keep(kind, { study, basis, answer, approximator }) {
  const { report, finding } = answer;
  const verdict = await keepFinding(finding);
  state.policies.results[kind] = { report: report[kind], finding, study, basis, approximator, verdict, money: isOperation() };
  announce(t("policies.ready"));
}

// Experiments on simulated users --------------------------------------------------------------------------

/** Batches are simulated by whoever is free and come in by their numbers, so that the number of workers changes nothing. */
async function conduct(terms, decided, turn) {
  const { policies } = state;
  const first = pool[0];
  const count = Math.max(1, Math.min(policies.forms.trial.workers, 32));
  while (pool.length < count) pool.push(new Bench());
  while (pool.length > count) pool.pop().stop();
  await Promise.all(pool.map((bench) => bench.prepare(decided)));
  await first.ask({ type: "conduct", terms });
  const { running } = policies;
  running.stage = "users";
  const arrived = new Map();
  let next = 0;
  let joined = 0;
  let over = false;
  let joining = Promise.resolve();
  let lookAt = performance.now();
  const since = lookAt;
  const join = async () => {
    while (!over && arrived.has(joined)) {
      const users = arrived.get(joined);
      arrived.delete(joined);
      joined += 1;
      const answer = await first.ask({ type: "join", users });
      over = answer.over;
      const now = performance.now();
      running.fraction = answer.users / terms.users;
      if (now - lookAt > LOOK_EVERY && !over) {
        lookAt = now;
        const { report } = await first.ask({ type: "look" });
        policies.live = { users: answer.users, report };
        policies.speed = (answer.users * 1000) / (now - since);
        changed("evaluate");
      }
    }
  };
  const work = async (bench) => {
    while (!over && !stopping && turn === turns) {
      const batch = next++;
      const { users } = await bench.ask({ type: "recruit", terms, batch });
      arrived.set(batch, users);
      joining = joining.then(join);
      // Nobody runs far ahead of what has come in.
      if (arrived.size > 2 * pool.length || bench === first) await joining;
    }
  };
  try {
    await Promise.all(pool.map(work));
    await joining;
    return await first.ask({ type: "conclude" });
  } finally {
    policies.live = null;
  }
}

/** Ends an experiment where it is, with what it shows. */
export function endTrial() {
  stopping = true;
}

/** How many users an experiment takes. */
export async function plan() {
  const { policies } = state;
  const { trial } = studyOf("trial");
  const turn = ++turns;
  policies.problems.trial = null;
  policies.running = { kind: "trial", stage: "plan", fraction: null };
  changed("evaluate");
  try {
    await costs.under;
    await pool[0].prepare(await decision("trial", { trial }));
    const answer = await pool[0].ask({ type: "plan", terms: trial, power: policies.forms.trial.power });
    if (turn !== turns) return;
    policies.plan = answer.plan;
  } catch (error) {
    if (turn !== turns) return;
    policies.problems.trial = error.problem ?? { what: { key: "policies.failed" }, mend: null };
  }
  policies.running = null;
  changed("evaluate");
}

/** Gives up the study under way, with its workers. */
export function cancel() {
  turns += 1;
  for (const bench of pool) bench.stop();
  Object.assign(state.policies, { running: null, live: null });
  announce(t("policies.cancelled"));
  changed("evaluate");
}

// Links ---------------------------------------------------------------------------------------------------

/** Takes over the studies of an opened experiment: their forms are filled in, and they are repeated when asked to. */
export function openFindings(findings) {
  turns += 1;
  for (const bench of pool) bench.stop();
  const policies = emptyPolicies();
  for (const { kind, study } of findings) {
    if (KINDS.includes(kind)) {
      const terms = JSON.parse(study)[kind];
      policies.promised[kind] = terms;
      fill(policies.forms, kind, terms);
    }
  }
  policies.section = sectionOf(findings.find(({ kind }) => KINDS.includes(kind))?.kind ?? "value");
  state.policies = policies;
}

/** The section of the board in which a kind of study is. */
const sectionOf = (kind) => ({ trialLog: "trial", sequencesLog: "sequences" })[kind] ?? kind;

function fill(forms, kind, terms) {
  const form = forms[kind];
  if (terms.exploring) forms.exploring = { ...terms.exploring };
  if (kind === "offPolicy" || kind === "sequencesLog") {
    const { target, estimatePropensities, ...rest } = terms;
    const table = target.table ?? null;
    Object.assign(form, rest, {
      target: typeof target === "string" ? target : table ? "file" : "trained",
      name: table?.name ?? "",
      text: table?.text ?? "",
      estimate: estimatePropensities ?? false,
    });
    if (target.trained) form.epsilon = target.trained.epsilon;
  } else if (kind === "trialLog") {
    const outcome = Object.keys(OUTCOMES).find((key) => JSON.stringify(OUTCOMES[key]) === JSON.stringify(terms.outcome));
    Object.assign(form, { outcome: outcome ?? "purchase", control: terms.control ?? "", alpha: terms.alpha });
  } else {
    const { exploring, ...rest } = terms;
    Object.assign(form, rest);
  }
}
