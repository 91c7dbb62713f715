// How often a bid wins: fitted from a log of bids that is opened or typed.

import { html } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { plain, unit } from "./money.js";
import { textLogView } from "./text-log.js";

export const bidsView = () => textLogView("bids", {
  placeholder: "bid,wins,auctions\n0.01,120,1000\n0.02,510,1000\n0.04,880,1000",
  samples: [["bids.sample", "bids.csv"]],
  found,
});

function found({ median, medianError, medianInterval, shape, shapeError, shapeInterval, auctions, wins, tried, curve }) {
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
    <p class="small num" data-testid="wins">${t("bids.is", words)}</p>`;
}
