// The wire to the worker: requests with numbers, answers that find their way back, and a new worker when one dies.

import { LoadProblem } from "./load.js";
import { spawn } from "./spawn.js";

const WORKER = new URL("./worker.js", import.meta.url);

const PULSE = 2_500;
/** How long a worker may keep silent before the page says so. Slices of work are short; preparing a huge log is not. */
const SILENCE = 10_000;

export class Wire {
  /**
   * @param {import("./load.js").Build} build what the worker runs
   * @param {(response: object) => void} onResponse every response, in order
   * @param {(text: string) => void} onCrash the engine broke down; a new worker already stands
   * @param {(silent: boolean) => void} onSilence the worker has not answered for long, or does again
   */
  constructor(build, onResponse, onCrash, onSilence = () => {}) {
    this.build = build;
    this.onResponse = onResponse;
    this.onCrash = onCrash;
    this.onSilence = onSilence;
    this.waiting = new Map();
    this.next = 1;
    this.#start();
    this.pulse = setInterval(() => this.#beat(), PULSE);
  }

  /** Browsers do not tell when they end a worker: it is asked for a sign of life instead. */
  #beat() {
    if (this.askedAt === null) {
      this.askedAt = performance.now();
      this.worker.postMessage({ act: "pulse" });
    } else if (!this.silent && performance.now() - this.askedAt > SILENCE) {
      this.silent = true;
      this.onSilence(true);
    }
  }

  #alive() {
    this.askedAt = null;
    if (!this.silent) return;
    this.silent = false;
    this.onSilence(false);
  }

  #start() {
    this.askedAt = null;
    this.silent = false;
    const { worker, address } = spawn(WORKER, "qcart");
    this.worker = worker;
    let began = false;
    /** The catalog of the engine, once it stands; a module that does not start is not tried again. */
    this.ready = new Promise((resolve, reject) => {
      const broke = (text) => {
        if (began) this.#replace(text);
        else reject(new LoadProblem("mismatch", text));
      };
      worker.onmessage = ({ data }) => {
        if (worker !== this.worker) return;
        if (data.ready) {
          URL.revokeObjectURL(address);
          began = true;
          resolve(data.catalog);
        } else if (data.crashed) {
          broke(data.text);
        } else if (data.pulse) {
          this.#alive();
        } else {
          this.#take(data);
        }
      };
      worker.onerror = (event) => {
        event.preventDefault();
        if (worker === this.worker) broke(event.message || "");
      };
    });
    this.ready.catch(() => {});
    worker.postMessage({ act: "start", build: this.build });
  }

  #replace(text) {
    this.#renew();
    this.onCrash(text);
  }

  #renew() {
    this.worker.terminate();
    for (const { resolve } of this.waiting.values()) resolve([]);
    this.waiting.clear();
    this.#start();
  }

  /** Goes on with a worker of another build; what the one before held is gone. */
  use(build) {
    this.build = build;
    this.#renew();
  }

  /** Puts a new worker in the place of one that does not answer. */
  restart() {
    this.#replace("");
  }

  #take({ id, responses, value }) {
    const waiter = this.waiting.get(id);
    this.waiting.delete(id);
    if (value !== undefined) {
      waiter?.resolve(value);
      return;
    }
    for (const response of responses) {
      if (waiter && response.type === "problem") waiter.problem = response.problem;
      if (!waiter?.quiet) this.onResponse(response);
    }
    waiter?.resolve(responses);
  }

  /** Ends the worker, whatever it does. The wire is of no use afterwards. */
  stop() {
    clearInterval(this.pulse);
    this.worker.terminate();
    this.worker = null;
    for (const { resolve } of this.waiting.values()) resolve([]);
    this.waiting.clear();
  }

  /**
   * @param {object} message `{act, ...}` for the worker
   * @param {boolean} quiet whether only the caller wants the answer
   * @returns {Promise<object[]>} the immediate responses; none if the worker died
   */
  send(message, quiet = false) {
    const id = this.next++;
    return new Promise((resolve) => {
      this.waiting.set(id, { resolve, quiet });
      this.worker.postMessage({ ...message, id });
    });
  }

  /** @returns {Promise<object[]>} */
  request(request, quiet = false) {
    return this.send({ act: "request", request }, quiet);
  }
}
