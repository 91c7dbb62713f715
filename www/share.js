// Links and project files on their way in: checked by the engine first, and what was there stays if they are bad.

import { openExperiment } from "./lab.js";
import { changed, state } from "./state.js";

let engine = null;
export const useEngine = (bindings) => (engine = bindings);

/** Only fragments with a version are experiments; #data and the like are places on the page. */
export const isLink = (fragment) => /^#?v\d+\./.test(fragment);

/** Opens a link, or says why not. */
export async function openLink(text) {
  await attempt(() => engine.readLink(text));
}

export async function openProject(file) {
  await attempt(async () => {
    if (file.size > state.catalog.largestProject) return engine.readProject("x".repeat(state.catalog.largestProject + 1));
    return engine.readProject(await file.text());
  });
}

async function attempt(read) {
  const { share } = state;
  share.incoming = null;
  try {
    const json = await read();
    share.pasted = "";
    await openExperiment(json);
  } catch (problem) {
    share.incoming = problem?.what ? problem : { what: { key: "load.other" }, mend: null };
    state.linkProblem = share.incoming;
    changed("share", "chrome");
    document.getElementById("share").scrollIntoView({ block: "nearest" });
  }
}
