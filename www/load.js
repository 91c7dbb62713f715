// Fetches and compiles the engine once, and says in plain words what kept it from starting.

/** A reason that the page has a sentence for. */
export class LoadProblem extends Error {
  constructor(kind, detail = "", status = "") {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
    this.status = status;
  }
}

/** @returns {Promise<{module: WebAssembly.Module, bindings: object}>} */
export async function loadEngine() {
  if (typeof WebAssembly !== "object") throw new LoadProblem("old");
  const [module, bindings] = await Promise.all([compile(), importBindings()]);
  try {
    await bindings.default({ module_or_path: module });
  } catch (error) {
    throw new LoadProblem(kindOf(error, "mismatch"), String(error));
  }
  return { module, bindings };
}

async function importBindings() {
  try {
    return await import("./pkg/qcart.js");
  } catch (error) {
    throw new LoadProblem("network", String(error));
  }
}

async function compile() {
  const response = await get();
  if (!response.ok) throw new LoadProblem("missing", "", String(response.status));
  const spare = response.clone();
  try {
    return await WebAssembly.compileStreaming(response);
  } catch (error) {
    if (kindOf(error, "") === "blocked") throw new LoadProblem("blocked", String(error));
    return compileWhole(spare);
  }
}

async function get() {
  try {
    return await fetch(new URL("./pkg/qcart_bg.wasm", import.meta.url));
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
