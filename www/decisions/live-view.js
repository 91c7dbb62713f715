// What the agent does while it learns: one episode, beside the optimum on the same chances.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { state } from "../state.js";
import { at, playAnother } from "./driver.js";
import { money, plain, unit } from "./money.js";

export function liveView() {
  const { shown } = at;
  if (!shown) return html`<div class="live-picture blank">${t("live.waiting")}</div>`;
  if (!shown.episode) return html`<div class="live-picture">${earnings(shown)}</div>`;
  return html`<div class="live-picture">${episode(shown.episode)}</div>`;
}

function episode({ time, panels, learned, optimal, cut }) {
  return html`
    <div class="row apart"><h3>${t("live.title")}</h3>
      <button type="button" class="quiet" @click=${playAnother}>${t("live.another")}</button></div>
    ${panels.map((panel) => html`<q-chart size=${panels.length > 1 ? "half" : "tall"} plain legend .spec=${panelSpec(panel, time)}></q-chart>`)}
    <p class="small soft num">${learned === null ? t("live.untrained", { optimal: money(optimal) }) : t("live.total", { learned: money(learned), optimal: money(optimal) })} ${cut === null ? nothing : t("live.cut", { periods: format.whole(cut), time: say(time) })}</p>`;
}

function panelSpec({ name, measure, learned, optimal, even }, time) {
  const curve = (label, points, style, dash) => ({ label: t(label), style, dash, exact: true, x: points.map(([x]) => x), y: points.map(([, y]) => y) });
  const series = [];
  if (even) series.push(curve("live.even", even, 6, 2));
  series.push(curve("live.optimal", optimal, 1, 1));
  if (learned) series.push(curve("live.learned", learned, 0, 0));
  return {
    kind: "lines",
    title: say(name),
    x: { label: say(time), whole: true },
    y: { label: say(name), unit: measure === "money" ? unit() : "" },
    series,
  };
}

/** Of a single decision: what each choice earns, as learned and as it is. */
function earnings({ earnings: q, actions }) {
  if (!q) return nothing;
  const series = [{ label: t("live.true"), style: 1, dash: 1, exact: true, x: actions.amounts, y: q.optimal }];
  if (q.learned) series.push({ label: t("live.learnedValue"), style: 0, dash: 0, exact: true, x: actions.amounts, y: q.learned });
  const best = q.optimal.indexOf(Math.max(...q.optimal));
  const label = actions.measure === "money" ? plain(actions.amounts[best]) : String(actions.amounts[best]);
  return html`<h3>${t("live.earnings")}</h3>
    <q-chart size="tall" .spec=${{
      kind: "lines",
      title: t("live.earnings"),
      x: { label: say(actions.name), unit: actions.measure === "money" ? unit() : "", whole: actions.measure !== "money" },
      y: { label: t("live.earns"), unit: unit() },
      series,
      marks: [{ x: actions.amounts[best], label: t("live.best", { action: label }) }],
    }}></q-chart>
    <p class="small soft">${t(state.learn.phase === "idle" ? "live.earnings.before" : "live.earnings.note", { action: label })}</p>`;
}
