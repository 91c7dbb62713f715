// What is set of the chosen networks: the engine says what there is, this draws it.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { hyper, isNetwork, settingsChanged } from "../boards/ranking.js";
import { state } from "../state.js";
import { fold, options } from "../views/parts.js";

/** The settings that the engine offers; all networks have the same. */
const offered = () => state.evaluate.models.find(({ name }) => isNetwork(name)).parameters.filter(({ label }) => label);

export function settingsFold() {
  const values = hyper();
  const parameters = offered();
  const set = parameters.filter(({ name, default: usual }) => (values[name] ?? usual) !== usual).length;
  return fold("network-settings", t("networks.settings"), () => html`<div class="stack">
    <div class="fields">${parameters.map((one) => field(one, values[one.name] ?? one.default))}</div>
    <p class="small soft">${t("networks.settings.note")}</p>
    ${values.rank === "apart" ? html`<p class="small soft" data-testid="apart">${t("networks.apart.note")}</p>` : nothing}
  </div>`, { badge: set || nothing });
}

function field(parameter, value) {
  const { name, label, meaning, unit } = parameter;
  return html`<div class="field" data-hyper=${name}>
    <label for=${`h-${name}`}>${say(label)}</label>
    <div class=${`box ${unit ? "has-unit" : ""}`}>${control(parameter, value)}${unit ? html`<span class="unit">${unit}</span>` : nothing}</div>
    <span class="small soft" id=${`hd-${name}`}>${say(meaning)} · <span class="num">${facts(parameter)}</span></span>
  </div>`;
}

/** Range and default, in words. */
function facts({ domain, default: usual }) {
  const shown = domain.type === "choice" ? say(domain.options.find(({ key }) => key === usual).label) : format.brief(usual, 12);
  const range = domain.type === "choice" ? null : t("field.range", { min: format.brief(domain.min, 12), max: format.brief(domain.max, 12) });
  return [range, t("field.default", { value: shown })].filter(Boolean).join(" · ");
}

function control(parameter, value) {
  const { name, domain } = parameter;
  if (domain.type === "choice") {
    const apart = name === "rank" ? [["apart", t("networks.apart")]] : [];
    return html`<select id=${`h-${name}`} aria-describedby=${`hd-${name}`} @change=${({ target }) => put(name, target.value)}>${options([...domain.options.map(({ key, label }) => [key, say(label)]), ...apart], value)}</select>`;
  }
  const change = ({ target }) => {
    if (target.validity.valid && target.value !== "") put(name, target.valueAsNumber);
    else target.value = String(value);
  };
  return html`<input id=${`h-${name}`} type="number" min=${domain.min} max=${domain.max} step=${domain.type === "integer" ? 1 : "any"} aria-describedby=${`hd-${name}`} .value=${String(value)} @change=${change}>`;
}

function put(name, value) {
  state.evaluate.hyper = { ...hyper(), [name]: value };
  state.evaluate.asked = null;
  settingsChanged();
}
