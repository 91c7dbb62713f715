// The engine's kernels, timed inside a worker as the page runs them.

import { readApart } from "./reading.js";

const PUSH = 512 * 1024;

/** What is measured in the build that a visit begins with; the rest is in the whole engine. */
const BUILDS = { importing: "engine", updates: "first", lists: "first" };
let engine = null;

self.onmessage = async ({ data }) => {
  try {
    engine = await import(`./pkg/${BUILDS[data.what] ?? "bench"}/qcart.js`);
    const { memory } = await engine.default();
    const result = await { updates, importing, judging, lists, ranking, operations, networks, deepUpdates }[data.what](data);
    self.postMessage({ ...result, megabytes: memory.buffer.byteLength / 1e6 });
  } catch (error) {
    self.postMessage({ error: String(error?.stack ?? error) });
  }
};

/** One round from a table of zeros, whose digest counts, then further rounds, of which the fastest does. */
function updates({ states, updates, rounds }) {
  const table = new engine.BenchTable(states);
  table.drive(updates, 1);
  const digest = table.digest();
  let seconds = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    table.drive(updates, 2 + round);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  table.free();
  return { seconds, digest };
}

/** Reads as the page's worker does: another fetches a file and takes its fingerprint; its pieces are pushed in smaller ones. */
async function importing({ file, repeats }) {
  const blob = await (await fetch(file)).blob();
  let seconds = Infinity;
  let whole = Infinity;
  let events = 0;
  for (let run = 0; run < repeats; run += 1) {
    const lab = new engine.Engine();
    const start = performance.now();
    lab.request({ type: "beginImport", name: file, size: blob.size, options: {}, source: { type: "file", name: file, size: blob.size, fingerprint: "" } });
    lab.request({ type: "leaveFingerprint" });
    const stream = readApart(blob);
    let piece = await stream.read();
    for (; piece.value; piece = await stream.read()) {
      const bytes = piece.value;
      for (let from = 0; from < bytes.length; from += PUSH) lab.push(bytes.subarray(from, from + PUSH));
    }
    stream.cancel();
    lab.request({ type: "fingerprint", fingerprint: piece.fingerprint });
    lab.request({ type: "endImport" });
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
    events = sorted(lab);
    whole = Math.min(whole, (performance.now() - start) / 1000);
    lab.free();
  }
  return { seconds, whole, events, bytes: blob.size };
}

/** Has the engine sort into sessions and count; gives the number of events. */
function sorted(lab) {
  for (;;) {
    for (const response of lab.advance(1e9)) {
      if (response.type === "problem") throw new Error(response.problem.what.en);
      if (response.type === "imported") return response.report.events;
    }
  }
}

/** Off-policy evaluation with its bootstrap, the fastest of some rounds. */
function judging({ resamples, rounds }) {
  let seconds = Infinity;
  let value = 0;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    value = engine.benchOpe(resamples);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return { seconds, value };
}

/** A problem of price, stock or ads: steps of its environment alone, and of training on it where that is asked for. */
function operations({ problem, count, rounds, trained }) {
  let steps = Infinity;
  let training = Infinity;
  let sum = 0;
  let percent = 0;
  for (let round = 0; round < rounds; round += 1) {
    steps = Math.min(steps, secondsOf(() => { sum = engine.benchSteps(problem, count); }));
    if (trained) training = Math.min(training, secondsOf(() => { percent = engine.benchTraining(problem, count); }));
  }
  return { steps, training, sum, percent };
}

const bytesOf = async (file) => new Uint8Array(await (await fetch(file)).arrayBuffer());
const secondsOf = (work) => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};

/** Recommendations for users one by one, as the page gets them. */
async function lists({ file, repeats }) {
  const bench = new engine.BenchLists(await bytesOf(file));
  const users = bench.users();
  let seconds = Infinity;
  for (let run = 0; run < repeats; run += 1) {
    seconds = Math.min(seconds, secondsOf(() => {
      for (let user = 0; user < users; user += 1) bench.answer(user);
    }));
  }
  return { seconds: seconds / users, users };
}

/** A model of the ranking board: fitted, then asked at every position held out. */
async function ranking({ file, share, model, repeats }) {
  const board = new engine.BenchBoard(await bytesOf(file), share, model);
  let fit = Infinity;
  let next = Infinity;
  for (let run = 0; run < repeats; run += 1) {
    fit = Math.min(fit, secondsOf(() => board.fit()));
    let count = 1;
    const all = secondsOf(() => { count = board.recommend(); });
    next = Math.min(next, all / count);
  }
  return { fit, next, mrr: board.mrr() };
}

/** Steps of learning a network: the digest after the first round, the time of the fastest further one. */
function networks({ kind, all, steps, rounds }) {
  return fastest(new engine.BenchNetwork(kind, all), steps, rounds);
}

/** Updates of a small deep Q-network. */
function deepUpdates({ batch, updates, rounds }) {
  return fastest(new engine.BenchUpdates(batch), updates, rounds);
}

function fastest(bench, count, rounds) {
  bench.drive(count);
  const digest = bench.digest();
  let seconds = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    bench.drive(count);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  bench.free();
  return { seconds, digest };
}
