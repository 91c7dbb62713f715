// Files as streams of pieces, the large ones read by a worker beside.

import { spawn } from "./spawn.js";

const READER = new URL("./reader.js", import.meta.url);
/** Bytes from which on that worker is worth starting. */
const LARGE = 8 * 1024 * 1024;
/** How long it may keep silent: browsers do not say when they end one. */
const SILENCE_MS = 10_000;

export const isLarge = (blob) => blob.size >= LARGE;

/**
 * A large file, read by a worker that takes its fingerprint too. `read` gives, one after the other, `{value}`, which is used up when
 * the next is asked for; at the end `{done, fingerprint}`; `{broken}` where the worker broke down. It rejects where the file can't be read.
 */
export function readApart(blob) {
  const { worker, address } = spawn(READER, "qcart reader");
  const come = [];
  let arrived = () => {};
  let used = null;
  const take = (message) => {
    come.push(message);
    arrived();
  };
  worker.onmessage = ({ data }) => take(data);
  worker.onerror = (event) => {
    event.preventDefault();
    take({ broken: true });
  };
  worker.postMessage(blob);
  return {
    async read() {
      if (used) worker.postMessage(used, [used]);
      used = null;
      const late = setTimeout(take, SILENCE_MS, { broken: true });
      while (come.length === 0) await new Promise((resolve) => { arrived = resolve; });
      clearTimeout(late);
      const message = come.shift();
      if (message.unreadable) throw new Error("unreadable");
      used = message.value?.buffer ?? null;
      return message;
    },
    async cancel() {
      worker.terminate();
      URL.revokeObjectURL(address);
    },
  };
}
