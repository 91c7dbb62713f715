// A file dropped anywhere on the page.

import { chooseFile, giveWanted } from "./lab.js";
import { changed, state } from "./state.js";

let depth = 0;

export function acceptDrops() {
  addEventListener("dragenter", (event) => over(event, 1));
  addEventListener("dragleave", (event) => over(event, -1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", dropped);
}

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

function over(event, by) {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = Math.max(0, depth + by);
  state.dragging = depth > 0;
  changed("chrome");
}

async function dropped(event) {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = 0;
  state.dragging = false;
  changed("chrome");
  const items = [...event.dataTransfer.items].filter(({ kind }) => kind === "file");
  const files = [...event.dataTransfer.files];
  if (items.some((item) => item.webkitGetAsEntry?.()?.isDirectory)) return refuse("data.folder");
  if (files.length > 1) return refuse("data.many", { count: files.length });
  if (files.length === 0) return refuse("data.notFile");
  take(files[0]);
}

/** A chosen or dropped file: what an opened link asks for, or a new log. */
export function take(file) {
  if (state.share.wanted && !state.share.given) giveWanted(file);
  else chooseFile(file);
}

function refuse(key, values) {
  state.data.problem = { what: { key, values }, mend: null };
  changed("data");
  document.getElementById("data").scrollIntoView({ block: "nearest" });
}
