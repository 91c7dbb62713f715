// The engine's kernels, timed inside a worker as the page runs them.

import init, * as engine from "./pkg/qcart.js";

const PUSH = 512 * 1024;

self.onmessage = async ({ data }) => {
  try {
    const { memory } = await init();
    const result = await { updates, importing, judging }[data.what](data);
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

/** Reads as the page's worker does: streamed pieces of a file, pushed in smaller ones. */
async function importing({ file, repeats }) {
  const blob = await (await fetch(file)).blob();
  let seconds = Infinity;
  let whole = Infinity;
  let events = 0;
  for (let run = 0; run < repeats; run += 1) {
    const importer = new engine.BenchImport(blob.size);
    const start = performance.now();
    const stream = blob.stream().getReader();
    for (let piece = await stream.read(); !piece.done; piece = await stream.read()) {
      const bytes = piece.value;
      for (let from = 0; from < bytes.length; from += PUSH) importer.push(bytes.subarray(from, from + PUSH));
    }
    importer.end();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
    events = importer.finish();
    whole = Math.min(whole, (performance.now() - start) / 1000);
    importer.free();
  }
  return { seconds, whole, events, bytes: blob.size };
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
