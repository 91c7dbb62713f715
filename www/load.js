// Fetches and compiles the engine, each build once, and says in plain words what kept it from starting.

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

const FOLDERS = { first: "./pkg/", whole: "./pkg/whole/" };
const builds = new Map();

/** @param {"first" | "whole"} name @returns {Promise<Build>} */
export function loadBuild(name) {
  const known = builds.get(name);
  if (known) return known;
  const build = compile(FOLDERS[name]).then((module) => ({ name, module }));
  builds.set(name, build);
  build.catch(() => builds.delete(name));
  return build;
}

/** The first build, with its bindings for the page itself. */
export async function loadEngine() {
  if (typeof WebAssembly !== "object") throw new LoadProblem("old");
  const [build, bindings] = await Promise.all([loadBuild("first"), importBindings()]);
  try {
    await bindings.default({ module_or_path: build.module });
  } catch (error) {
    throw new LoadProblem(kindOf(error, "mismatch"), String(error));
  }
  return { build, bindings };
}

async function importBindings() {
  try {
    return await import("./pkg/qcart.js");
  } catch (error) {
    throw new LoadProblem("network", String(error));
  }
}

async function compile(folder) {
  const response = await get(new URL(`${folder}qcart_bg.wasm`, import.meta.url));
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
