// The page starts here: language and colours first, then the engine, then a sample ready to train.

import { render } from "./vendor/lit-html.js";
import "./chart.js";
import { acceptDrops, take } from "./drop.js";
import { firstLanguage, speak } from "./i18n.js";
import { chooseSample, connect, defaultOf } from "./lab.js";
import { canRemember } from "./memory.js";
import { notify } from "./voice.js";
import { loadBuild } from "./load.js";
import { keepForOffline } from "./offline.js";
import { isLink, openAddress } from "./share.js";
import { changed, onChange, state } from "./state.js";
import { chrome, firstTheme, useTheme } from "./views/chrome.js";
import { dataView } from "./views/data.js";
import { decideView } from "./views/decide.js";
import { evaluateView } from "./views/evaluate.js";
import { learnView } from "./views/learn.js";
import { lookView } from "./views/look.js";
import { shareView } from "./views/share.js";

const views = { data: dataView, decide: decideView, learn: learnView, look: lookView, evaluate: evaluateView, share: shareView };
const places = new Map();

function draw(name) {
  if (name === "chrome") {
    chrome();
    return;
  }
  const place = places.get(name);
  render(views[name](), place);
  if (name === "data") {
    place.setAttribute("aria-busy", String(state.data.pending !== null));
    place.dataset.reads = state.data.reads;
  }
}

async function start() {
  useTheme(firstTheme());
  if (new URLSearchParams(location.search).get("embed") === "1") document.documentElement.dataset.embed = "";
  const loading = loadBuild("first");
  // Its failure is told below, once there are words for it.
  loading.catch(() => {});
  await speak(firstLanguage());
  const early = takeOver();
  onChange(draw);
  changed();
  acceptDrops();
  followSteps();
  try {
    await ready(loading);
  } catch (problem) {
    refuse(problem);
    return;
  }
  if (isLink(location.hash)) await openAddress();
  if (!state.data.pending && !state.data.current && !state.share.promised) {
    if (early) take(early);
    else chooseSample("generated");
  }
  if (!canRemember()) notify({ id: "storage", kind: "", text: "storage.title", more: "storage.more" });
  addEventListener("hashchange", () => isLink(location.hash) && openAddress());
  keepForOffline();
}

/** Puts the living views in the place of the static markup; returns the file that was chosen before. */
function takeOver() {
  const [early] = document.getElementById("early-file").files;
  document.getElementById("boot").remove();
  for (const name of Object.keys(views)) {
    const place = document.getElementById(`${name}-view`);
    place.replaceChildren();
    places.set(name, place);
  }
  return early;
}

async function ready(loading) {
  state.catalog = await connect(await loading);
  for (const parameter of state.catalog.parameters) state.settings[parameter.key] = defaultOf(parameter);
  state.engine = "ready";
  changed();
}

function refuse(problem) {
  state.engine = "failed";
  const kind = problem.kind ?? "other";
  notify({
    id: "load",
    kind: "bad",
    text: `load.${kind}`,
    values: { status: problem.status ?? "" },
    report: problem.detail ?? String(problem?.stack ?? problem),
    action: { label: "reload", run: () => location.reload() },
  });
  changed();
}

/** The links to the steps move the page without touching the address, which may hold an experiment. */
function followSteps() {
  const links = [...document.querySelectorAll(".steps a, a.skip")];
  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const step = document.querySelector(link.hash);
      step.scrollIntoView({ block: "start" });
      step.focus({ preventScroll: true });
    });
  }
  const seen = new Map();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, intersectionRatio } of entries) seen.set(target.id, intersectionRatio);
    const [id, share] = [...seen].reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0]);
    for (const link of links) {
      if (share > 0 && link.hash === `#${id}` && !link.classList.contains("skip")) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
  }, { threshold: [0, 0.2, 0.5, 0.8, 1] });
  if (matchMedia("(max-width: 1079px)").matches) for (const step of document.querySelectorAll(".step")) observer.observe(step);
}

start();
