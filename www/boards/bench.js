// A worker of the policy board: it has the log, the decision problem and what was learned, and carries out studies.

import { loadBuild } from "../load.js";
import { Wire } from "../rpc.js";
import { state } from "../state.js";

/** Something that a person can be told: `problem` as the engine says it. */
export class StudyProblem extends Error {
  constructor(problem) {
    super(problem?.code ?? "study");
    this.problem = problem;
  }
}

export class Bench {
  /** @type {Wire | null} */
  #wire = null;
  #heard = () => {};
  #fail = () => {};
  #has = { file: null, decided: null };

  /** Brings the worker to what a study needs. `decided` is what {@link decision} gave; null where the log is enough. */
  async prepare(decided) {
    this.#wire ??= new Wire(await loadBuild("whole"), (response) => this.#heard(response), (text) => this.#crashed(text));
    const { file } = state.data;
    const ofShop = decided === null || decided.problem === "shop";
    if (ofShop && file && this.#has.file !== file) {
      this.#has = { file: null, decided: null };
      await this.#readLog();
      this.#has.file = file;
    }
    if (decided && this.#has.decided !== decided.key) {
      this.#has.decided = null;
      await this.#wire.send({ act: "open", experiment: decided.experiment });
      await this.#until(this.#wire.request({ type: "decide", problem: decided.problem }), ({ type, world }) => type === "world" && world.optimum !== null && world.optimum !== undefined);
      if (decided.learned) await this.ask({ type: "suppose", learned: decided.learned });
      this.#has.decided = decided.key;
    }
  }

  async #readLog() {
    const { current, options } = state.data;
    for (const { key } of state.catalog.parameters.filter(({ group }) => group === "sessions")) {
      this.#wire.request({ type: "set", key, value: state.settings[key] }, true);
    }
    const begin = { type: "beginImport", source: current.source, name: current.name, size: current.blob ? current.blob.size : null, options };
    const sent = current.blob ? { act: "read", begin, blob: current.blob } : { act: "generate", begin, settings: { ...state.settings } };
    await this.#until(this.#wire.send(sent), ({ type }) => type === "imported");
  }

  /** Carries out a whole study; `progress` hears of its share. */
  async study(study, progress) {
    const asked = this.#wire.request({ type: "study", request: { type: "begin", study } });
    const { answer } = await this.#until(asked, ({ type, answer }) => {
      if (type !== "study") return false;
      if (answer.step === "progress") progress(answer.fraction, answer.lesson);
      return answer.step === "studied";
    });
    return answer;
  }

  /** A request that is answered at once. */
  async ask(request) {
    const responses = await this.#wire.request({ type: "study", request }, true);
    const refused = responses.find(({ type }) => type === "problem");
    if (refused) throw new StudyProblem(refused.problem);
    if (responses.length === 0) throw new StudyProblem(null);
    return responses.find(({ type }) => type === "study")?.answer;
  }

  /** Waits for the response that `ends` says is the last. */
  #until(sent, ends) {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#heard = (response) => {
        if (response.type === "problem") reject(new StudyProblem(response.problem));
        else if (ends(response)) resolve(response);
      };
      sent.catch(reject);
    });
  }

  #crashed(text) {
    this.stop();
    this.#fail(new StudyProblem({ what: { key: "policies.crashed" }, mend: null, report: text }));
  }

  /** Ends whatever the worker does. */
  stop() {
    this.#wire?.stop();
    this.#wire = null;
    this.#heard = () => {};
    this.#has = { file: null, decided: null };
    this.#fail(new StudyProblem(null));
  }
}
