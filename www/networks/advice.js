// A network that recommends to users: what it will take, its learning, its weights as a file, what it says of the user that is looked at.

import { ask, gather, holder, isNetwork, send, testedLast } from "../boards/ranking.js";
import { save } from "../files.js";
import { keepFinding } from "../lab.js";
import { t } from "../i18n.js";
import { changed, state } from "../state.js";
import { announce } from "../voice.js";

/**
 * `model`: the chosen network. `asked`: how an opened link names it, with the steps after which it was stopped. `info`: what networks take, by
 * name. `own`: the network that learned from all sessions or came from a file, and the worker that has it. `view`: what it says, for `key`.
 */
export const advice = { model: "gru", asked: null, promised: false, basis: "", info: {}, own: null, verdict: null, view: null, key: "", problem: null };

/** Takes over what an opened link says of it. */
export function promise(findings) {
  const found = findings.find(({ kind }) => kind === "advice");
  if (!found) return;
  const { model } = JSON.parse(found.study).advice;
  Object.assign(advice, { model: model.split(":")[0], asked: model, promised: true, verdict: null });
}

export function choose(model) {
  Object.assign(advice, { model, asked: null, promised: false, verdict: null, problem: null });
  changed("look");
}

/** The network that recommends: `{model, from}`; null where there is none. */
export function adviser() {
  if (advice.own && advice.own.holder === holder()) return advice.own.info;
  const tested = testedLast();
  return tested && isNetwork(tested) ? { model: tested, from: "board" } : null;
}

const idle = () => state.evaluate.phase !== "running";

/** Learning, writing or opening: what is under way. */
export const doing = () => state.evaluate.advising ?? null;

/** Brings what the view shows up to date: what the chosen network takes, and what the network at hand says of the user. */
export async function refresh() {
  if (!idle() || refresh.busy) return;
  refresh.busy = true;
  try {
    await measure();
    await advise();
  } finally {
    refresh.busy = false;
  }
}

async function measure() {
  const basis = JSON.stringify(state.data.file);
  if (advice.basis !== basis) otherLog(basis);
  const { model } = advice;
  if (advice.info[model]) return;
  const answer = await ask({ type: "measure", model });
  if (!answer) return;
  // What can't be measured can't be learned either, and is not asked again.
  advice.info[model] = answer.problem ? { refused: answer.problem } : answer.found;
  changed("look");
}

/** Nothing that was learned from another log counts; what a link asks for still does, until it was repeated. */
function otherLog(basis) {
  if (advice.verdict) Object.assign(advice, { promised: false, asked: null });
  Object.assign(advice, { basis, info: {}, own: null, verdict: null, view: null, key: "", problem: null });
}

/** What the answer at hand belongs to. */
const subject = () => JSON.stringify([state.look.user, state.look.k, adviser(), state.evaluate.ranking?.digest]);

export const isCurrent = () => advice.key === subject();

async function advise() {
  const key = subject();
  if (!adviser() || state.look.user === null || advice.key === key || !idle()) return;
  const answer = await ask({ type: "advise", user: state.look.user, k: state.look.k });
  if (!answer) return;
  Object.assign(advice, { key, view: answer.problem ? null : answer.found, problem: answer.problem ?? null });
  changed("look");
}

/** Has the chosen network learn from all sessions. */
export async function learn() {
  Object.assign(advice, { problem: null, verdict: null });
  let info = null;
  const problem = await gather("learn", { type: "learn", model: advice.asked ?? advice.model }, (response) => {
    if (response.type !== "adviser") return false;
    info = response;
    return true;
  });
  advice.problem = problem;
  if (info) await take(info);
  changed("look");
}

async function take(info) {
  advice.own = { info, holder: holder() };
  advice.key = "";
  advice.verdict = info.finding ? await keepFinding(info.finding) : null;
  announce(t("networks.ready", { model: info.model }));
  changed("look", "share");
}

/** What the network recommends to all users. */
export async function writeAll() {
  const parts = [];
  let over = false;
  const problem = await gather("write", { type: "adviseAll", k: state.look.k }, (response) => {
    if (response.type !== "chunk") return false;
    parts.push(response.text);
    over = response.last;
    return over;
  });
  advice.problem = problem;
  if (over) save(new Blob(parts, { type: "text/csv;charset=utf-8" }), `recommendations-${adviser().model.split(":")[0]}.csv`);
  changed("look");
}

export async function saveWeights() {
  const answer = await send({ act: "weights" });
  const refused = Array.isArray(answer) ? answer.find(({ type }) => type === "problem") : null;
  advice.problem = refused?.problem ?? null;
  if (!Array.isArray(answer)) save(new Blob([answer], { type: "application/octet-stream" }), `${adviser().model.replace(/[:=]/g, "-")}.safetensors`);
  changed("look");
}

/** Opens weights that were saved; where they can't be taken, what recommended before stays. */
export async function openWeights(file) {
  const { model } = advice;
  const offered = await ask({ type: "offerWeights", name: file.name, size: file.size });
  if (!offered) return;
  const answers = offered.problem ? [] : await send({ act: "takeWeights", model, blob: file });
  const of = (type) => answers.find((one) => one.type === type);
  advice.problem = offered.problem ?? of("problem")?.problem ?? null;
  const info = of("adviser");
  if (info) {
    await take(info);
    advice.own.file = file.name;
  }
  changed("look");
}
