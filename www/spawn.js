// Starts workers from blobs, because only then the page's content policy binds them.

/** @param {URL} script @param {string} name */
export function spawn(script, name) {
  const boot = new Blob([`import ${JSON.stringify(script.href)};`], { type: "text/javascript" });
  const address = URL.createObjectURL(boot);
  return { worker: new Worker(address, { type: "module", name }), address };
}
