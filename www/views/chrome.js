// What frames the steps: language and colours, notices, the marks of finished steps, and the veil while a file hangs over the page.

import { html, nothing, render } from "../vendor/lit-html.js";
import { currentLanguage, LANGUAGES, say, speak, t } from "../i18n.js";
import { redrawCharts } from "../chart.js";
import { dismiss } from "../voice.js";
import { recall, remember } from "../memory.js";
import { changed, state } from "../state.js";
import { options } from "./parts.js";

export function chrome() {
  render(preferences(), document.getElementById("preferences"));
  render(state.notices.map(notice), document.getElementById("notices"));
  render(state.dragging ? html`<p class="veil">${t("data.veil")}</p>` : nothing, document.getElementById("veil"));
  marks();
  if (state.catalog) document.getElementById("version").textContent = `Qcart ${state.catalog.version}`;
}

function preferences() {
  const theme = document.documentElement.dataset.theme ?? "auto";
  return html`
    <select aria-label=${t("language")} @change=${changeLanguage}>${options(LANGUAGES, currentLanguage())}</select>
    <select aria-label=${t("theme")} @change=${(event) => { useTheme(event.target.value, true); changed("chrome"); }}>${options(["auto", "light", "dark"].map((key) => [key, t(`theme.${key}`)]), theme)}</select>
  `;
}

async function changeLanguage(event) {
  await speak(event.target.value, true);
  redrawCharts();
  changed();
}

export function useTheme(theme, keep = false) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  if (keep) remember("theme", theme === "auto" ? null : theme);
  redrawCharts();
}

export const firstTheme = () => recall("theme") ?? "auto";

function notice({ id, kind, text, values, more, report, problem, action }) {
  return html`<div class=${`message with-close ${kind ?? ""}`}>
    <div>${problem ? html`<b>${say(problem.what)}</b> ${say(problem.mend)} ${t("share.kept")}` : html`<b>${t(text, values)}</b> ${more ? t(more) : nothing}`}
      ${report ? html`<details><summary>${t("crash.report")}</summary><pre>${report}</pre></details>` : nothing}
      ${action ? html`<div class="row"><button type="button" @click=${action.run}>${t(action.label)}</button></div>` : nothing}</div>
    <button type="button" class="quiet icon" aria-label=${t("close")} @click=${() => dismiss(id)}>✕</button>
  </div>`;
}

/** Which steps are behind, for the eye. */
function marks() {
  const done = {
    data: state.data.report !== null || state.decide.problem !== "shop",
    decide: state.decide.world?.optimum != null,
    learn: state.learn.phase === "done",
    look: state.learn.phase === "done" && (state.look.view !== null || state.look.policy != null),
    share: state.share.link !== null && !state.share.stale,
  };
  for (const link of document.querySelectorAll(".steps a")) link.classList.toggle("done", done[link.hash.slice(1)]);
}
