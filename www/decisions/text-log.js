// A log beside the shop's own, opened or typed as text, and what is estimated from it: bids, or ads that were shown.

import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import { fetchSample } from "../samples.js";
import { problemBox } from "../views/parts.js";
import { askTextLog, at, useTextLog, writeTextLog } from "./driver.js";

/** Longer texts are kept but not shown in the field. */
const SHOWN = 100_000;

/**
 * @param {"bids" | "ads"} kind
 * @param {{placeholder: string, samples: [string, string][], found: (answer: object) => unknown}} parts
 * samples: text and file of each
 */
export function textLogView(kind, { placeholder, samples, found }) {
  const log = at[kind];
  const open = async ({ target }) => {
    const [file] = target.files;
    if (file) writeTextLog(kind, await file.text(), true);
  };
  const sample = (file) => async () => writeTextLog(kind, await (await fetchSample({ file })).text(), true);
  return html`<div class="part"><details class="fold" data-testid=${kind} .open=${log.open} @toggle=${(event) => { log.open = event.target.open; }}>
    <summary>${t(`${kind}.title`)}</summary><div class="stack">
      <p class="small soft">${t(`${kind}.note`)}</p>
      <div class="field"><label for="${kind}-file">${t(`${kind}.file`)}</label><input id="${kind}-file" type="file" accept=".csv,.tsv,.txt,text/*" @change=${open}></div>
      <div class="field"><label for="${kind}-text">${t("bids.typed")}</label>
        <textarea id="${kind}-text" rows="5" spellcheck="false" placeholder=${placeholder} .value=${log.text.length > SHOWN ? "" : log.text} @input=${({ target }) => writeTextLog(kind, target.value)}></textarea></div>
      <div class="chips">${samples.map(([text, file]) => html`<button type="button" class="chip" data-testid="sample-${file}" @click=${sample(file)}>${t(text)}</button>`)}</div>
      <div class="row"><button type="button" data-testid="fit-${kind}" ?disabled=${log.text.trim() === ""} @click=${() => askTextLog(kind)}>${t(`${kind}.fit`)}</button></div>
      ${problemBox(log.problem)}
      ${log.found ? found(log.found) : nothing}
      ${log.found ? html`<div class="row"><button type="button" data-testid="use-${kind}" ?disabled=${Object.keys(log.found.proposal).length === 0} @click=${() => useTextLog(kind)}>${t("demand.use")}</button></div>` : nothing}
    </div></details></div>`;
}
