// Fetches and compiles the modules of the engine, each once, and says in plain words what kept one from starting.

/** A reason that the page has a sentence for. */
export class LoadProblem extends Error {
  constructor(kind, detail = "", status = "") {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
    this.status = status;
  }
}

/**
 * A build of the engine, for workers: `first` is what a visit begins with, `whole` has also what is loaded when it is
 * first asked for.
 * @typedef {{name: "first" | "whole", module: WebAssembly.Module}} Build
 */

const FOLDERS = { first: "./pkg/engine/", whole: "./pkg/whole/", page: "./pkg/page/" };
const loading = new Map();

/** What was loaded is kept; what failed may be tried again. */
function once(name, load) {
  if (!loading.has(name)) {
    const result = load();
    loading.set(name, result);
    result.catch(() => loading.delete(name));
  }
  return loading.get(name);
}

/** @param {"first" | "whole"} name @returns {Promise<Build>} */
export const loadBuild = (name) => once(name, async () => ({ name, module: await compile(name) }));

/** The page's own module: charts and links. */
export const loadPage = () => once("page", async () => {
  const [module, bindings] = await Promise.all([compile("page"), bind(() => import("./pkg/page/qcart.js"))]);
  try {
    await bindings.default({ module_or_path: module });
  } catch (error) {
    throw new LoadProblem(kindOf(error, "mismatch"), String(error));
  }
  return bindings;
});

async function bind(load) {
  try {
    return await load();
  } catch (error) {
    throw new LoadProblem("network", String(error));
  }
}

async function compile(name) {
  if (typeof WebAssembly !== "object") throw new LoadProblem("old");
  const response = await get(new URL(`${FOLDERS[name]}qcart_bg.wasm`, import.meta.url));
  if (!response.ok) throw new LoadProblem("missing", "", String(response.status));
  const spare = response.clone();
  try {
    return await WebAssembly.compileStreaming(response);
  } catch (error) {
    if (kindOf(error, "") === "blocked") throw new LoadProblem("blocked", String(error));
    return compileWhole(spare);
  }
}

async function get(address) {
  try {
    return await fetch(address);
  } catch (error) {
    throw new LoadProblem("network", String(error));
  }
}

/** Hosts that send the wrong media type, and browsers without streaming. */
async function compileWhole(response) {
  try {
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new LoadProblem(kindOf(error, "missing"), String(error), response.headers.get("content-type") ?? "");
  }
}

function kindOf(error, otherwise) {
  const text = String(error);
  if (/content security policy|unsafe-eval|disallowed by embedder/i.test(text)) return "blocked";
  if (/magic/i.test(text)) return "missing";
  if (error instanceof WebAssembly.LinkError) return "mismatch";
  return otherwise;
}
