// A worker beside the engine's: reads a large file, takes its fingerprint and hands its pieces on, so that the engine's worker has
// nothing to do but make events of them.

import init, { Fingerprint } from "./pkg/fingerprint/qcart_fingerprint.js";

/** Pieces that may wait for the engine at a time. */
let room = 4;
let wake = () => {};

/** First the file; then, each time a piece was used up, anything. */
self.onmessage = ({ data }) => {
  if (data instanceof Blob) {
    read(data).catch(() => self.postMessage({ broken: true }));
  } else {
    room += 1;
    wake();
  }
};

async function read(blob) {
  await init();
  const fingerprint = new Fingerprint();
  const stream = blob.stream().getReader();
  for (;;) {
    const { done, value } = await stream.read().catch(() => ({}));
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
