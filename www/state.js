// What the page knows, and which of its views are out of date.

export const VIEWS = ["chrome", "data", "decide", "learn", "look", "evaluate", "share"];

export const state = {
  /** @type {"loading" | "ready" | "failed"} */
  engine: "loading",
  loadProblem: null,
  catalog: null,
  notices: [],
  settings: {},
  /** Text in a field that is no valid value (yet), by key. */
  drafts: {},
  wrong: {},
  data: emptyData(),
  decide: { problem: "shop", world: null, solving: null, problemText: null, opening: null },
  learn: emptyLearn(),
  look: emptyLook(),
  evaluate: emptyEvaluate(),
  /** The policy board, once it is loaded. */
  policies: null,
  share: emptyShare(),
};

export function emptyData() {
  return {
    /** Where the log in use comes from: `{type, id?, name, blob?}`. */
    current: null,
    /** The import under way: `{origin, options, since, progress, sorting, preview, words}`. */
    pending: null,
    /** The file that could not be read as it was last tried, like `pending`: how it is read can still be changed. */
    refused: null,
    /** How many logs were begun to be read. */
    reads: 0,
    preview: null,
    report: null,
    file: null,
    dialect: null,
    rejects: null,
    options: {},
    problem: null,
    pasting: false,
    pasted: "",
  };
}

export function emptyLearn() {
  return {
    /** @type {"idle" | "running" | "paused" | "done"} */
    phase: "idle",
    runs: [],
    changes: [],
    kept: [],
    /** The curve before the last change of a setting. */
    previous: null,
    step: 0,
    run: 0,
    budget: 0,
    speed: null,
    trace: null,
    ended: [],
    outcome: null,
    verdict: null,
    problem: null,
    tab: "value",
    smoothing: 0,
    log: true,
    policy: null,
  };
}

export function emptyLook() {
  return { query: "", users: [], total: 0, user: null, view: null, k: 10, problem: null, busy: false, active: -1 };
}

/** How models of behaviour are compared, and what came of it. */
export function emptyEvaluate() {
  return {
    chosen: ["pop", "markov", "sr", "vsknn", "vstan", "blend"],
    reference: "vsknn",
    /** The models as an opened link names them, until something is changed: `gru:steps=500` is one stopped by hand. */
    asked: null,
    /** What was set of all networks, by hyperparameter; `rank` may be "apart". */
    hyper: {},
    /** @type {"share" | "days"} */
    unit: "share",
    share: 20,
    days: 7,
    tune: 0,
    keepUnseen: false,
    /** @type {"ranking" | "policies"} */
    tab: "ranking",
    /** Whether an opened link holds studies of policies. */
    found: false,
    sort: "mrr",
    descending: true,
    plot: "forest",
    metric: "mrr",
    /** Whether the boards are being loaded: "now", "failed", or null. */
    opening: null,
    /** The models that can be compared: `{name, title, paper}`. */
    models: [],
    ...emptyBoard(),
  };
}

export function emptyBoard() {
  return {
    /** @type {"idle" | "running"} */
    phase: "idle",
    /** What is being done: `{model, stage, fraction}`. */
    at: null,
    finished: [],
    problem: null,
    cancelled: false,
    board: null,
    ranking: null,
    /** Whether the settings have changed since the board was made. */
    stale: false,
    /** Whether an opened link holds a comparison, and whether it came out the same: `{reproduced}`. */
    promised: false,
    verdict: null,
    differing: null,
  };
}

export function emptyShare() {
  return { link: null, markdown: null, inline: false, note: null, fileNote: null, problem: null, copied: null, promised: null, pasted: "", stale: false };
}

const stale = new Set();
let frame = 0;
let draw = () => {};

/** Tells how a view is drawn: `render(name)`. */
export function onChange(render) {
  draw = render;
}

/** Marks views as out of date; they are drawn after the next frame, or the next few where there is much to draw. */
export function changed(...views) {
  for (const view of views.length ? views : VIEWS) stale.add(view);
  later();
}

const { port1: turn, port2: bell } = new MessageChannel();
turn.onmessage = flush;

/** Draws once a frame, but not in it: layout and paint are a task of their own then, so that neither task is long. */
function later() {
  frame ||= requestAnimationFrame(() => bell.postMessage(null));
}

let waiting = [];

/** Resolves when everything that is out of date has been drawn. */
export const drawn = () => (stale.size ? new Promise((done) => waiting.push(done)) : Promise.resolve());

const EVERY = 100;
const soon = new Set();
let timer = 0;

/** For what changes many times a second: drawn ten times a second, so that numbers can be read and the page stays free. */
export function changedSoon(...views) {
  for (const view of views) soon.add(view);
  timer ||= setTimeout(() => {
    timer = 0;
    changed(...soon);
    soon.clear();
  }, EVERY);
}

/** Milliseconds of drawing after which the other views wait for the next frame: layout and paint take longer than that. */
const ENOUGH = 3;

function flush() {
  frame = 0;
  const begun = performance.now();
  for (const view of VIEWS.filter((view) => stale.has(view))) {
    stale.delete(view);
    draw(view);
    if (performance.now() - begun > ENOUGH) break;
  }
  if (stale.size) {
    later();
  } else {
    for (const done of waiting) done();
    waiting = [];
  }
  document.querySelector("main").ariaBusy = stale.size ? "true" : null;
}
