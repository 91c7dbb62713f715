// The A/B laboratory: how many users it takes, the experiment while it runs, and what came out.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { changed, state } from "../state.js";
import { fold } from "../views/parts.js";
import { check, choice, currency, decimals, exploring, inUnit, number, policyName, result, told, transport, withInterval, word } from "./form.js";
import { endTrial, plan, policiesHere } from "./policies.js";

export function trialView() {
  return html`
    <p class="small soft">${t("policies.trial.lead")}</p>
    ${simulated()}
    <div class="part"><h3>${t("policies.trialLog")}</h3>
      <p class="small soft">${t("policies.trialLog.lead")}</p>
      <div class="fields terms">
        ${choice("trialLog", "outcome", ["purchase", "click", "cart", "purchases", "clicks", "revenue"].map((name) => [name, t(`policies.outcome.${name}`)]))}
        ${word("trialLog", "control", t("policies.trialLog.control.first"))}${number("trialLog", "alpha", 0.0001, 0.5, "any")}
      </div>
      ${transport("trialLog", state.data.report ? null : t("policies.noLog"))}
      ${told("trialLog")}
      ${result("trialLog", (report) => shown(report))}
    </div>`;
}

function simulated() {
  const { forms, running, live } = state.policies;
  const { policies } = forms.trial;
  const here = policiesHere();
  const gone = policies.filter((name) => !here.includes(name));
  const missing = state.decide.world?.optimum == null ? t("policies.undecided") : gone.length > 0 ? t("policies.gone", { names: format.list(gone.map(policyName)) }) : null;
  const busy = running?.kind === "trial";
  return html`
    ${arms(policies, here)}
    <div class="fields terms">
      ${number("trial", "users", 100, 10000000, 100)}${number("trial", "effect", -1e9, 1e9, "any", { unit: currency(), empty: t("policies.trial.effect.none") })}
      ${number("trial", "alpha", 0.0001, 0.5, "any")}${number("trial", "power", 0.5, 0.999, "any")}${exploring()}${number("trial", "workers", 1, 32, 1)}
    </div>
    ${check("trial", "stop")}
    ${planned()}
    ${transport("trial", missing, html`
      <button type="button" ?disabled=${running !== null || missing !== null} data-testid="plan" @click=${plan}>${t("policies.plan")}</button>
      <button type="button" ?disabled=${!busy || !live} @click=${endTrial}>${t("policies.end")}</button>`)}
    ${told("trial")}
    ${busy && live ? html`<div class="stack"><p class="small soft num">${t("policies.users", { users: format.whole(live.users), speed: format.compact(state.policies.speed) })}</p>${sequences(live.report, policyName, currency())}</div>` : busy ? nothing : result("trial", (report, made) => shown(report, policyName, currency(made)))}`;
}

/** The control, and what it is compared with. */
function arms(chosen, here) {
  const put = (at, name) => {
    state.policies.forms.trial.policies = chosen.map((old, place) => (place === at ? name : old));
    state.policies.plan = null;
    changed("evaluate");
  };
  const more = () => {
    state.policies.forms.trial.policies = [...chosen, here.find((name) => !chosen.includes(name)) ?? here[0]];
    changed("evaluate");
  };
  const drop = (at) => {
    state.policies.forms.trial.policies = chosen.filter((_, place) => place !== at);
    changed("evaluate");
  };
  return html`<div class="row arms">${chosen.map((name, at) => html`<div class="field arm"><label for=${`po-arm-${at}`}>${at === 0 ? t("policies.control") : t("policies.treatment", { n: String.fromCharCode(65 + at) })}</label>
    <div class="box"><select id=${`po-arm-${at}`} data-testid="arm" @change=${({ target }) => put(at, target.value)}>${(here.includes(name) ? here : [...here, name]).map((one) => html`<option value=${one} .selected=${one === name}>${policyName(one)}</option>`)}</select>
    ${chosen.length > 2 && at > 0 ? html`<button type="button" class="quiet tiny icon" aria-label=${t("policies.without", { name: policyName(name) })} @click=${() => drop(at)}>✕</button>` : nothing}</div></div>`)}
    ${chosen.length < 6 ? html`<button type="button" class="quiet" @click=${more}>${t("policies.more")}</button>` : nothing}</div>`;
}

const amount = (value) => (currency() ? `${format.brief(value)} ${currency()}` : format.brief(value));

function planned() {
  const { plan: found } = state.policies;
  if (!found) return nothing;
  return html`<p class="message" data-testid="planned">${t("policies.planned", {
    mean: amount(found.mean), sd: amount(found.sd), pilot: format.whole(found.pilot), effect: amount(found.effect),
    each: format.whole(found.sizes.control), power: format.percent(state.policies.forms.trial.power, 0), detectable: amount(found.detectable),
  })}</p>`;
}

/** What an experiment shows; outcomes are in `unit`. */
function shown(report, name = (own) => own, unit = "") {
  const tone = { refused: "bad", weak: "warn", given: "good" }[report.answer];
  const undecided = report.comparisons.every(({ stopped }) => !stopped);
  const digits = decimals(report.arms.map(({ mean }) => mean.value));
  return html`
    <p class=${`message ${tone === "good" && undecided ? "" : tone}`} data-testid="ab-verdict">${report.arms.reduce((text, arm) => text.replaceAll(`"${arm.name}"`, `“${name(arm.name)}”`).replaceAll(`“${arm.name}”`, `“${name(arm.name)}”`), say(report.verdict))}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("policies.arms")}><table class="board">
      <thead><tr><th scope="col">${t("policies.arm")}</th><th scope="col" class="num">${t("policies.arm.users")}</th><th scope="col" class="num">${inUnit(t("policies.arm.mean"), unit)}</th><th scope="col" class="num">${inUnit(t("policies.arm.effect"), unit)}</th><th scope="col" class="num">${inUnit(t("policies.arm.always"), unit)}</th><th scope="col" class="num">${t("policies.arm.p")}</th><th scope="col" class="num">${t("policies.arm.stopped")}</th></tr></thead>
      <tbody>${report.arms.map((arm, at) => row(arm, report.comparisons[at - 1], name, digits))}</tbody>
    </table></div>
    <p class="small soft num">${t(report.split.alarm ? "policies.split.alarm" : "policies.split", { p: format.brief(report.split.p) })}</p>
    ${sequences(report, name, unit)}
    ${report.segments.length > 0 ? fold("po-segments", t("policies.segments"), () => segments(report.segments, name, digits), { open: true }) : nothing}
    <ul class="notes">${report.notes.map((note) => html`<li>${say(note)}</li>`)}</ul>`;
}

function row(arm, comparison, name, digits) {
  const effect = comparison?.fixed.difference;
  const { always } = comparison ?? {};
  return html`<tr><th scope="row">${name(arm.name)}${comparison ? nothing : html` <span class="badge">${t("policies.control")}</span>`}</th>
    <td class="num">${format.whole(arm.users)}</td><td class="num">${withInterval(arm.mean.value, arm.mean.ci, digits)}</td>
    <td class="num">${effect ? withInterval(effect.value, effect.ci, digits) : format.DASH}</td>
    <td class="num">${always ? withInterval(always.value, always.ci, digits) : format.DASH}</td>
    <td class="num">${comparison ? format.brief(comparison.alwaysP) : format.DASH}</td>
    <td class="num">${comparison?.stopped ? format.whole(comparison.stopped.users) : format.DASH}</td></tr>`;
}

/** The running difference with its confidence sequence. */
function sequences(report, name, unit) {
  const shownFrom = 0.15;
  const series = report.comparisons.map((comparison, style) => {
    const points = comparison.series;
    return {
      label: t("policies.minus", { name: name(comparison.name), against: name(comparison.against) }),
      style,
      x: points.map(({ users }) => users),
      y: points.map(({ difference }) => difference),
      low: points.map(({ ci }) => ci[0]),
      high: points.map(({ ci }) => ci[1]),
      exact: true,
    };
  });
  if (series.every(({ x }) => x.length < 2)) return nothing;
  // The first looks are so wide that they would flatten all that follows.
  const ends = series.flatMap(({ low, high }) => [...low.slice(Math.floor(low.length * shownFrom)), ...high.slice(Math.floor(high.length * shownFrom))]);
  const stops = report.comparisons.filter(({ stopped }) => stopped);
  return html`<q-chart size="tall" .spec=${{
    kind: "lines",
    title: t("policies.sequence"),
    x: { label: t("policies.arm.users"), whole: true, log: true },
    y: { label: t("policies.difference"), unit, range: [Math.min(0, ...ends), Math.max(0, ...ends)] },
    series,
    references: [{ y: 0, label: t("policies.nodifference") }],
    marks: stops.map(({ name: own, stopped }) => ({ x: stopped.users, label: t("policies.told", { name: name(own) }) })),
  }}></q-chart><p class="small soft">${t("policies.sequence.note")}</p>`;
}

function segments(found, name, digits) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("policies.segments")}><table class="board">
    <thead><tr><th scope="col">${t("policies.segment")}</th><th scope="col">${t("policies.arm")}</th><th scope="col" class="num">${t("policies.arm.users")}</th><th scope="col" class="num">${t("policies.arm.effect")}</th><th scope="col" class="num">${t("policies.adjusted")}</th></tr></thead>
    <tbody>${found.map(({ segment, name: own, users, effect, adjustedP }) => html`<tr><th scope="row">${segment}</th><td>${name(own)}</td><td class="num">${format.whole(users)}</td><td class="num">${withInterval(effect.difference.value, effect.difference.ci, digits)}</td><td class="num">${format.brief(adjustedP)}</td></tr>`)}</tbody>
  </table></div>`;
}
