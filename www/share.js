// Links and project files on their way in: checked by the engine first, and what was there stays if they are bad.

import { openExperiment } from "./lab.js";
import { loadPage } from "./load.js";
import { dismiss, notify } from "./voice.js";
import { openExperiment as openBoardsOf } from "./boards.js";
import { changed, state } from "./state.js";

/** Only fragments with a version are experiments, be they cut off right behind it; #data and the like are places on the page. */
export const isLink = (fragment) => /^#?v\d+(\.|$)/.test(fragment);

/** Opens the experiment of the page's own address, or says at the top why not. */
export async function openAddress() {
  await attempt(
    (page) => page.readLink(location.hash),
    (problem) => notify({ id: "link", kind: "bad", problem }),
  );
}

/** Opens a pasted link, or says beside the field why not. */
export async function openLink(text) {
  await attempt((page) => page.readLink(text), besideField);
}

export async function openProject(file) {
  // One byte too many is enough for the engine to say what is wrong.
  await attempt(async (page) => page.readProject(await file.slice(0, page.largestProject() + 1).text()), besideField);
}

function besideField(problem) {
  state.share.incoming = problem;
  changed("share");
}

async function attempt(read, refuse) {
  state.share.incoming = null;
  try {
    const experiment = await read(await loadPage());
    await openExperiment(experiment);
    openBoardsOf(experiment);
    state.share.pasted = "";
    dismiss("link");
    notify({ id: "opened", kind: "", text: "share.opened", more: "share.opened.train" });
  } catch (problem) {
    refuse(problem?.what ? problem : { what: { key: `load.${problem.kind ?? "other"}`, values: { status: problem.status ?? "" } }, mend: null });
  }
}
