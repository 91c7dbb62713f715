// A worker beside the engine's: reads a large file, takes its fingerprint and hands its pieces on, so that the engine's worker has
// nothing to do but make events of them.

import init, { Fingerprint } from "./pkg/fingerprint/qcart_fingerprint.js";

/** Bytes of a piece at most. */
const PIECE = 2 * 1024 * 1024;
/** Pieces that may wait for the engine at a time. */
let room = 4;
let wake = () => {};
/** Memory of pieces that were used up, for the next: fresh memory costs more than reading into it. */
const spare = [];

/** First the file; then, each time a piece was used up, its memory. */
self.onmessage = ({ data }) => {
  if (data instanceof Blob) {
    read(data).catch(() => self.postMessage({ broken: true }));
  } else {
    spare.push(data);
    room += 1;
    wake();
  }
};

async function read(blob) {
  await init();
  const fingerprint = new Fingerprint();
  const next = pieces(blob.stream());
  for (;;) {
    const { done, value } = await next().catch(() => ({}));
    if (done) break;
    if (!value) {
      self.postMessage({ unreadable: true });
      return;
    }
    fingerprint.push(value);
    while (room === 0) await new Promise((resolve) => { wake = resolve; });
    room -= 1;
    self.postMessage({ value }, [value.buffer]);
  }
  self.postMessage({ done: true, fingerprint: fingerprint.text() });
}

/** Gives the pieces one after the other: in memory that is used again where the browser can, else in fresh memory. */
function pieces(stream) {
  try {
    const reader = stream.getReader({ mode: "byob" });
    return () => reader.read(new Uint8Array(spare.pop() ?? new ArrayBuffer(PIECE)));
  } catch {
    const reader = stream.getReader();
    return () => {
      spare.length = 0;
      return reader.read();
    };
  }
}
