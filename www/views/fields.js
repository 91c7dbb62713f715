// Controls of the parameter table: the engine says what there is, this draws it.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { check, defaultOf, newSeed, set } from "../lab.js";
import { changed, state } from "../state.js";
import { fold } from "./parts.js";

/** Which parameter each group explains at the moment. */
const explained = new Map();

export const inGroup = (...groups) => state.catalog.parameters.filter(({ group }) => groups.includes(group));

/** The plain parameters of some groups, the expert ones folded, and one line that explains them. */
export function fieldGroup(id, view, parameters) {
  const plain = parameters.filter((parameter) => !parameter.expert);
  const expert = parameters.filter((parameter) => parameter.expert);
  const point = (event) => {
    const key = event.target.closest?.("[data-key]")?.dataset.key;
    if (key && explained.get(id) !== key) {
      explained.set(id, key);
      changed(view);
    }
  };
  return html`<div class="stack" @focusin=${point} @pointerover=${point}>
    <div class="fields">${plain.map(field)}</div>
    ${expert.length > 0
      ? fold(`expert ${id}`, t("field.more"), () => html`<div class="fields">${expert.map(field)}</div>`, {
          badge: changedCount(expert) || nothing,
        })
      : nothing}
    ${hint(id, parameters)}
  </div>`;
}

const isChanged = (parameter) => state.settings[parameter.key] !== defaultOf(parameter) || parameter.key in state.drafts;
const changedCount = (parameters) => parameters.filter(isChanged).length;

function hint(id, parameters) {
  const parameter = parameters.find(({ key }) => key === explained.get(id));
  if (!parameter) {
    const live = parameters.some(({ live }) => live) ? t("field.hint.live") : "";
    return html`<p class="hint">${t("field.hint")} ${live}</p>`;
  }
  return html`<p class="hint"><b>${say(parameter.label)}.</b> ${say(parameter.help)} <span class="num">${facts(parameter)}</span></p>`;
}

/** Range, default and when it acts, in words. */
function facts(parameter) {
  const { domain, group, live } = parameter;
  const unit = say(parameter.unit);
  const range = "min" in domain && !isText(domain) ? t("field.range", { min: format.brief(domain.min, 12), max: `${format.brief(domain.max, 12)}${unit ? ` ${unit}` : ""}` }) : null;
  const when = live ? "field.live" : group === "sessions" ? "field.import" : group === "generator" ? null : "field.anew";
  return [range, t("field.default", { value: shown(parameter, defaultOf(parameter)) }), when && t(when)].filter(Boolean).join(" · ");
}

function shown({ domain }, value) {
  if (domain.type === "choice") return say(domain.options.find(({ key }) => key === value)?.label);
  if (domain.type === "flag") return t(value ? "field.on" : "field.off");
  if (isText(domain)) return value;
  return format.brief(value, 12);
}

/** Lists and words are typed as text; what is in them, the engine judges. */
const isText = ({ type }) => type === "list" || type === "text";

function field(parameter) {
  const { key, domain } = parameter;
  const wrong = state.wrong[key];
  const unit = say(parameter.unit);
  const label = html`<label for=${`p-${key}`}>${say(parameter.label)}</label>`;
  return html`<div class=${`field ${domain.type} ${isChanged(parameter) ? "changed" : ""}`} data-key=${key}>
    <div class="top">
      ${label}${parameter.live ? html`<span class="live" title=${t("field.live")}></span>` : nothing}
      <button type="button" class="quiet tiny again" title=${t("field.again", { value: shown(parameter, defaultOf(parameter)) })}
        aria-label=${`${say(parameter.label)}: ${t("field.again", { value: shown(parameter, defaultOf(parameter)) })}`}
        ?disabled=${!isChanged(parameter)} @click=${() => put(parameter, defaultOf(parameter))}>↺</button>
    </div>
    <div class=${`box ${unit && domain.type !== "choice" ? "has-unit" : ""}`}>
      ${control(parameter)}${unit && domain.type !== "choice" ? html`<span class="unit">${unit}</span>` : nothing}
      ${key === "seed" ? html`<button type="button" class="quiet tiny icon" title=${t("field.newSeed")} aria-label=${t("field.newSeed")} @click=${async () => put(parameter, await newSeed())}>⚄</button>` : nothing}
    </div>
    <span class="unseen" id=${`d-${key}`}>${say(parameter.help)} ${facts(parameter)}</span>
    ${wrong ? html`<p class="wrong" id=${`w-${key}`}>${say(wrong.what)} ${say(wrong.mend)}</p>` : nothing}
  </div>`;
}

function control(parameter) {
  const { key, domain } = parameter;
  const described = `d-${key}${state.wrong[key] ? ` w-${key}` : ""}`;
  const value = state.settings[key];
  if (domain.type === "choice") {
    return html`<select id=${`p-${key}`} aria-describedby=${described} @change=${(event) => put(parameter, event.target.value)}>
      ${domain.options.map((option) => html`<option value=${option.key} .selected=${option.key === value}>${say(option.label)}</option>`)}
    </select>`;
  }
  if (domain.type === "flag") {
    return html`<input type="checkbox" id=${`p-${key}`} aria-describedby=${described} .checked=${value} @change=${(event) => put(parameter, event.target.checked)}>`;
  }
  if (isText(domain)) {
    return html`<input type="text" id=${`p-${key}`} autocomplete="off" spellcheck="false" aria-describedby=${described} aria-invalid=${state.wrong[key] ? "true" : nothing}
      .value=${state.drafts[key] ?? value} @input=${(event) => type(parameter, event.target)} @change=${(event) => commitText(parameter, event.target)}>`;
  }
  return html`<input type="number" inputmode=${domain.type === "integer" ? "numeric" : "decimal"} id=${`p-${key}`}
    min=${domain.min} max=${domain.max} step=${domain.type === "integer" ? 1 : domain.step} autocomplete="off"
    aria-describedby=${described} aria-invalid=${state.wrong[key] ? "true" : nothing}
    .value=${state.drafts[key] ?? String(value)}
    @input=${(event) => type(parameter, event.target)} @change=${(event) => commit(parameter, event.target)}>`;
}

/** While typing: say what is wrong, act only once the field is left or Enter pressed (live ones act at once). */
function type(parameter, input) {
  state.drafts[parameter.key] = input.value;
  if (parameter.live && fits(parameter, input.valueAsNumber)) put(parameter, input.valueAsNumber);
  else judge(parameter, input);
}

/** What fits acts before anything that is pressed next; only why something does not fit is asked of the engine. */
function commit(parameter, input) {
  if (fits(parameter, input.valueAsNumber)) put(parameter, input.valueAsNumber);
  else judge(parameter, input);
}

async function commitText(parameter, input) {
  await judge(parameter, input);
  if (!state.wrong[parameter.key]) put(parameter, input.value.trim());
}

const fits = ({ domain }, value) => value >= domain.min && value <= domain.max && (domain.type !== "integer" || Number.isInteger(value));

async function judge(parameter, input) {
  const { key } = parameter;
  const { value } = input;
  const said = isText(parameter.domain) ? value.trim() : input.valueAsNumber;
  changed();
  const wrong = Number.isNaN(said) ? { what: { key: "field.number" }, mend: null } : await check(key, said);
  if (input.value !== value) return;
  if (wrong) state.wrong[key] = wrong;
  else delete state.wrong[key];
  changed();
}

function put(parameter, value) {
  delete state.drafts[parameter.key];
  delete state.wrong[parameter.key];
  set(parameter.key, value);
  changed();
}
