// How often a bid wins: fitted from a log of bids that is opened or typed.

import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { fetchSample } from "../samples.js";
import { problemBox } from "../views/parts.js";
import { askWins, at, useWins, writeBids } from "./driver.js";
import { plain, unit } from "./money.js";

const sample = async () => writeBids(await (await fetchSample({ file: "bids.csv" })).text(), true);

export function bidsView() {
  const { bids } = at;
  const open = async ({ target }) => {
    const [file] = target.files;
    if (file) writeBids(await file.text(), true);
  };
  return html`<div class="part"><details class="fold" data-testid="bids" .open=${bids.open} @toggle=${(event) => { bids.open = event.target.open; }}>
    <summary>${t("bids.title")}</summary><div class="stack">
      <p class="small soft">${t("bids.note")}</p>
      <div class="field"><label for="bids-file">${t("bids.file")}</label><input id="bids-file" type="file" accept=".csv,.tsv,.txt,text/*" @change=${open}></div>
      <div class="field"><label for="bids-text">${t("bids.typed")}</label>
        <textarea id="bids-text" rows="5" spellcheck="false" placeholder=${"bid,wins,auctions\n0.01,120,1000\n0.02,510,1000\n0.04,880,1000"} .value=${bids.text.length > 100000 ? "" : bids.text} @input=${({ target }) => writeBids(target.value)}></textarea></div>
      <div class="chips"><button type="button" class="chip" data-testid="sample-bids" @click=${sample}>${t("bids.sample")}</button></div>
      <div class="row"><button type="button" data-testid="fit-bids" ?disabled=${bids.text.trim() === ""} @click=${() => askWins()}>${t("bids.fit")}</button></div>
      ${problemBox(bids.problem)}
      ${bids.found ? found(bids.found) : nothing}
    </div></details></div>`;
}

function found({ median, medianError, medianInterval, shape, shapeError, shapeInterval, auctions, wins, tried, curve, proposal }) {
  const words = {
    median: plain(Number(median.toPrecision(4))), medianError: format.brief(medianError, 3), medianLow: format.brief(medianInterval[0], 4), medianHigh: format.brief(medianInterval[1], 4),
    shape: format.brief(shape, 4), shapeError: format.brief(shapeError, 3), shapeLow: format.brief(shapeInterval[0], 3), shapeHigh: format.brief(shapeInterval[1], 3),
    auctions: format.whole(auctions), wins: format.whole(wins),
  };
  return html`<q-chart size="small" plain legend .spec=${{
      kind: "lines", title: t("bids.curve"), x: { label: t("bids.bid"), unit: unit() }, y: { label: t("bids.share"), unit: "%" },
      series: [
        { label: t("bids.seen"), style: 6, dash: 2, exact: true, x: tried.map(([bid]) => bid), y: tried.map(([, share]) => share * 100) },
        { label: t("demand.fitted"), style: 0, dash: 0, exact: true, x: curve.map(([bid]) => bid), y: curve.map(([, share]) => share * 100) },
      ],
    }}></q-chart>
    <p class="small num" data-testid="wins">${t("bids.is", words)}</p>
    <div class="row"><button type="button" data-testid="use-bids" ?disabled=${Object.keys(proposal).length === 0} @click=${useWins}>${t("demand.use")}</button></div>`;
}
