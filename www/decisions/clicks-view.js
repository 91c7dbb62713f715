// How often each ad is clicked: estimated from a log of ads that is opened or typed.

import { html } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { textLogView } from "./text-log.js";

export const clicksView = () => textLogView("ads", {
  placeholder: "ad,clicks,impressions\nshoes,12,400\njacket,3,380\noutlet,31,410",
  samples: [["ads.sample", "ads.csv"], ["ads.real", "open-bandit.csv"]],
  found,
});

const percent = (share) => format.brief(100 * share, 3);

function found({ ads, mean, strength, chiSquare, chance }) {
  const words = { mean: percent(mean), chi: format.brief(chiSquare, 3), free: ads.length - 1, p: format.brief(chance, 2), strength: strength === null ? "" : format.whole(strength) };
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("ads.table")}><table class="num" data-testid="clicks">
      <thead><tr><th scope="col">${t("ads.ad")}</th><th scope="col">${t("ads.shown")}</th><th scope="col">${t("ads.clicks")}</th><th scope="col">${t("ads.share")}</th><th scope="col">${t("ads.interval")}</th><th scope="col">${t("ads.rate")}</th></tr></thead>
      <tbody>${ads.map(({ name, shown, clicks, interval, rate }) => html`<tr>
        <th scope="row">${name}</th><td>${format.whole(shown)}</td><td>${format.whole(clicks)}</td><td>${percent(clicks / shown)} %</td><td>${percent(interval[0])} – ${percent(interval[1])} %</td><td>${percent(rate)} %</td></tr>`)}</tbody></table></div>
    <p class="small num">${t(strength === null ? "ads.same" : "ads.is", words)}</p>
    <p class="small soft">${t("ads.money")}</p>`;
}
