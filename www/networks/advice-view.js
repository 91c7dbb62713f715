// A network that recommends to users, in step Look: chosen, learned or opened, and its reasons.

import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../i18n.js";
import * as format from "../format.js";
import { cancel } from "../boards/ranking.js";
import { state } from "../state.js";
import { figures, problemBox } from "../views/parts.js";
import { advice, adviser, choose, doing, isCurrent, learn, openWeights, promise, refresh, saveWeights, writeAll } from "./advice.js";
import { NETWORKS, networks } from "./driver.js";
import { isStopped, learningView, reasonsView, title } from "./view.js";

export { promise };

export function adviceView() {
  if (state.evaluate.phase !== "running" && !refresh.busy) queueMicrotask(refresh);
  return html`<section class="part stack" aria-labelledby="advice-title" data-testid="advice">
    <h3 id="advice-title">${t("networks.advice")}</h3>
    <p class="small soft">${t("networks.advice.lead")}</p>
    ${pick()}
    ${costs()}
    ${advice.promised && !advice.verdict ? html`<p class="message">${t("networks.promised", { model: title(advice.asked ?? advice.model) })}</p>` : nothing}
    ${problemBox(advice.info[advice.model]?.refused ?? advice.problem)}
    ${doing() === "learn" ? learningView(advice.info[advice.model]) : nothing}
    ${advice.verdict ? verdict() : nothing}
    ${said()}
  </section>`;
}

function pick() {
  const busy = state.evaluate.phase === "running";
  const name = (model) => (model === "transformer" ? "Transformer" : model.toUpperCase());
  const opened = ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) openWeights(file);
  };
  return html`<div class="row apart">
    <div class="chips" role="group" aria-label=${t("networks.network")}>${NETWORKS.map((model) => html`<button type="button" class="chip" data-advice=${model} aria-pressed=${advice.model === model} ?disabled=${busy} @click=${() => choose(model)}>${name(model)}</button>`)}</div>
    <div class="row">
      <button type="button" class="primary" data-testid="advice-learn" ?disabled=${busy || !state.data.report || advice.info[advice.model]?.refused} @click=${learn}>${t("networks.learn")}</button>
      ${doing() ? html`<button type="button" @click=${cancel}>${t("cancel")}</button>` : nothing}
      <label class="button"><span>${t("networks.open")}</span><input type="file" class="unseen" id="weights-file" accept=".safetensors" ?disabled=${busy} @change=${opened}></label>
      <button type="button" data-testid="save-weights" ?disabled=${busy || !adviser()} @click=${saveWeights}>${t("networks.save")}</button>
    </div></div>
    ${busy && !doing() ? html`<p class="small soft">${t("networks.busy")}</p>` : nothing}`;
}

function costs() {
  const info = advice.info[advice.model];
  const of = (write) => (info && !info.refused ? write(info) : format.DASH);
  return html`<div data-testid="advice-costs">${figures([
    [t("networks.weights"), of(({ weights }) => format.whole(weights))],
    [t("networks.memory"), of(({ bytes }) => format.bytes(bytes))],
    [t("networks.speed"), of(({ targetsPerSecond }) => format.whole(targetsPerSecond))],
    [t("networks.time"), of(({ seconds }) => format.seconds(seconds))],
  ])}</div>`;
}

const verdict = () => advice.verdict.reproduced
  ? html`<p class="message good" data-testid="advice-verdict"><b>${t("share.reproduced")}.</b> ${t("networks.reproduced")}</p>`
  : html`<p class="message warn" data-testid="advice-verdict"><b>${t("share.differs")}.</b> ${t("networks.differs")}</p>`;

/** What the network says of the user that is looked at. */
function said() {
  const own = adviser();
  if (!own) return doing() === "learn" ? nothing : html`<p class="blank">${t("networks.none")}</p>`;
  const { view } = advice;
  const source = t(`networks.from.${own.from}`, { model: title(own.model), file: advice.own?.file ?? "" });
  const writing = doing() === "write";
  return html`<div class="stack" aria-busy=${!isCurrent()} data-testid="advice-said">
    <p class="small">${source} ${learned(own)}</p>
    ${problemBox(own.learning?.trouble)}
    <div class="row apart"><h4>${view ? t("networks.for", { user: view.user }) : nothing}</h4>
      <button type="button" data-testid="advice-all" ?disabled=${state.evaluate.phase === "running"} @click=${writeAll}>${writing ? t("look.exporting") : t("look.export")}</button></div>
    ${view ? shown(view) : state.look.user === null ? html`<p class="blank">${t("look.choose")}</p>` : html`<p class="small soft" role="status">${t("networks.asking")}</p>`}
  </div>`;
}

/** How it did on the validation window, and what was kept. */
function learned({ model, learning }) {
  const best = learning?.epochs[learning.best - 1];
  if (typeof best?.mrr !== "number") return nothing;
  return t(isStopped(model) ? "networks.kept" : "networks.learned", { best: learning.best, hr: format.fixed(best.hr), mrr: format.fixed(best.mrr) });
}

function shown({ recommended, events, neighbours }) {
  if (recommended.length === 0) return html`<p class="blank">${t("look.noItems")}</p>`;
  return reasonsView({ recommended, events, neighbours });
}
