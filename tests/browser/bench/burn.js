// The GRU step in burn (`tests/rival`). What it imports of JavaScript is for random numbers, which it never draws.

self.onmessage = async ({ data: { steps, rounds } }) => {
  try {
    const module = await WebAssembly.compileStreaming(fetch("burn.wasm"));
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = () => { throw new Error(`${name} was called`); };
    }
    const { exports } = await WebAssembly.instantiate(module, imports);
    exports.drive(3);
    let seconds = Infinity;
    let loss = 0;
    for (let round = 0; round < rounds; round += 1) {
      const start = performance.now();
      loss = exports.drive(steps);
      seconds = Math.min(seconds, (performance.now() - start) / 1000);
    }
    self.postMessage({ seconds, loss });
  } catch (error) {
    self.postMessage({ error: String(error?.stack ?? error) });
  }
};
