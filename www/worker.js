// The worker: holds the engine, feeds it bytes and gives it slices of work.
//
// It yields between slices by a message to itself, so that pause, cancel and new parameters act at once.

import { isLarge, readApart } from "./reading.js";

const PUSH = 512 * 1024;
const SLICE_MS = 16;
/** Operations of the first slice after a request; from there it finds its size. Each kind of work has its own speed. */
const FIRST_SLICE = 20_000;

const BINDINGS = { first: "./pkg/engine/qcart.js", whole: "./pkg/whole/qcart.js" };
let bindings = null;
let engine = null;
/** What comes before the engine stands waits for it, in order. */
let started = null;
let reading = null;
let pumping = false;
let work = FIRST_SLICE;

const channel = new MessageChannel();
let woken = null;
channel.port1.onmessage = () => woken?.();
const breathe = () => new Promise((resolve) => {
  woken = resolve;
  channel.port2.postMessage(0);
});

self.onmessage = async ({ data }) => {
  const act = { request, open, read, generate, abandon, saveShop, weights, takeWeights, check, newSeed, pulse }[data.act];
  try {
    if (data.act === "start") started = start(data);
    await started;
    await act?.(data);
  } catch (error) {
    fail(error, data.id);
  }
  // What was under way goes on, however a reading ended.
  if (engine) pump();
};

const pulse = () => self.postMessage({ pulse: true });

async function start({ build }) {
  bindings = await import(BINDINGS[build.name]);
  bindings.initSync({ module: build.module });
  engine = new bindings.Engine();
  self.postMessage({ ready: true, catalog: bindings.catalog() });
}

function request({ id, request: what }) {
  work = FIRST_SLICE;
  answer(engine.request(what), id);
}

function open({ id, experiment }) {
  engine.open(experiment);
  answer([{ type: "done" }], id);
}

/** Streams a file into the engine, from the start again if it turns out to need a decoder that is not loaded. */
async function read({ id, begin, blob }) {
  const turn = await readPieces(begin, blob, beginReading(begin, id));
  if (!turn.missing) return;
  reading = turn;
  const decoders = await loadDecoders().catch(() => null);
  if (reading !== turn) return;
  if (!decoders) {
    reading = null;
    post(turn.missing);
    return;
  }
  engine.useDecoders(decoders);
  const again = beginReading(begin);
  again.final = true;
  await readPieces(begin, blob, again);
}

/** The decoders of gzip and of encodings other than UTF-8: most visits never need them. */
async function loadDecoders() {
  const { default: init, Decoder, Unpacker } = await import("./pkg/decoder/qcart_decoder.js");
  await init();
  return { decoder: (label) => Decoder.of(label), unpacker: () => new Unpacker() };
}

/**
 * Streams the file: the next piece is fetched while this one is read, and never more than a few of them are held. From the start
 * again if the worker that reads a large file broke down. Gives the turn that came to an end.
 */
async function readPieces(begin, blob, turn, apart = isLarge(blob)) {
  const stream = apart ? readApart(blob) : blob.stream().getReader();
  if (apart) engine.request({ type: "leaveFingerprint" });
  let piece = null;
  while (reading === turn && !turn.refused) {
    piece = await nextPiece(stream);
    if (!piece) unreadable(turn, begin.name);
    if (!piece?.value) break;
    await pushAll(piece.value, turn);
  }
  stream.cancel().catch(() => {});
  if (piece?.broken && reading === turn) return readPieces(begin, blob, beginReading(begin), false);
  endReading(turn, piece?.fingerprint);
  return turn;
}

/** Nothing when the file was moved or changed since it was chosen. */
async function nextPiece(stream) {
  try {
    return await stream.read();
  } catch {
    return null;
  }
}

function unreadable(turn, name) {
  if (reading !== turn) return;
  reading = null;
  engine.request({ type: "cancelImport" });
  post([moved(name)]);
}

const moved = (name) => ({ type: "problem", problem: { code: "file.unreadable", what: { key: "data.unreadable", values: { name } }, place: null, mend: null } });

async function generate({ id, begin, settings }) {
  const turn = beginReading(begin, id);
  const rows = new bindings.ShopCsv(settings);
  try {
    for (let bytes = rows.next(); bytes && reading === turn; bytes = rows.next()) await pushAll(bytes, turn);
  } finally {
    rows.free();
  }
  endReading(turn);
}

function beginReading(begin, id) {
  const turn = { refused: false };
  reading = turn;
  const responses = engine.request(begin);
  turn.refused = refuses(responses);
  answer(responses, id);
  return turn;
}

async function pushAll(bytes, turn) {
  let since = performance.now();
  for (let at = 0; at < bytes.length && reading === turn && !turn.refused; at += PUSH) {
    heed(engine.push(bytes.subarray(at, at + PUSH)), turn);
    if (performance.now() - since > SLICE_MS) {
      await breathe();
      since = performance.now();
    }
  }
}

/** `fingerprint`: of the file, where the engine left it to others. */
function endReading(turn, fingerprint) {
  if (reading !== turn) return;
  reading = null;
  if (turn.refused) return;
  if (fingerprint) engine.request({ type: "fingerprint", fingerprint });
  heed(engine.request({ type: "endImport" }), turn);
}

/** Passes answers on, but for a missing decoder that can still be loaded. */
function heed(responses, turn) {
  turn.refused = refuses(responses);
  if (turn.refused && !turn.final && responses.some((response) => response.problem?.code === "log.needs-decoder")) {
    turn.missing = responses;
  } else {
    post(responses);
  }
}

function abandon({ id }) {
  reading = null;
  answer(engine.request({ type: "cancelImport" }), id);
}

/** The generated shop as one file. */
async function saveShop({ id, settings }) {
  const rows = new bindings.ShopCsv(settings);
  const parts = [];
  try {
    for (let bytes = rows.next(); bytes; bytes = rows.next()) {
      parts.push(bytes);
      await breathe();
    }
  } finally {
    rows.free();
  }
  self.postMessage({ id, value: new Blob(parts, { type: "text/csv" }) });
}

/** The weights of the network that recommends. */
function weights({ id }) {
  self.postMessage({ id, value: engine.weights() });
}

async function takeWeights({ id, model, blob }) {
  const bytes = await blob.arrayBuffer().catch(() => null);
  answer(bytes ? engine.takeWeights(model, new Uint8Array(bytes)) : [moved(blob.name)], id);
}

function check({ id, key, value }) {
  self.postMessage({ id, value: bindings.checkParameter(key, value) });
}

function newSeed({ id }) {
  self.postMessage({ id, value: bindings.newSeed() });
}

async function pump() {
  if (pumping) return;
  pumping = true;
  try {
    while (engine.busy && !reading) {
      const before = performance.now();
      post(engine.advance(work));
      const took = Math.max(performance.now() - before, 0.05);
      work = Math.min(Math.max(work * Math.min(Math.max(SLICE_MS / took, 0.25), 2), 1000), 1e9);
      await breathe();
    }
  } catch (error) {
    fail(error);
  } finally {
    pumping = false;
  }
}

const refuses = (responses) => responses.some((response) => response.type === "problem");

function answer(responses, id) {
  self.postMessage({ id, responses });
}

function post(responses) {
  if (responses.length > 0) self.postMessage({ responses });
}

/** A problem is an answer; anything else means that the engine broke down. */
function fail(error, id) {
  if (error && typeof error === "object" && "code" in error && "what" in error) {
    reading = null;
    answer([{ type: "problem", problem: error }], id);
    return;
  }
  let text = String(error?.stack ?? error);
  try {
    text = bindings?.panicText() ?? text;
  } catch {
    // The engine never started; what it threw says more.
  }
  self.postMessage({ crashed: true, text });
}
