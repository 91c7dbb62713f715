// Policies against the optimum: their values, what learning lost, and what the ranking hangs on.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { isOperation } from "../decisions.js";
import { changed, state } from "../state.js";
import { AGENTS, currency, decimals, exploring, inUnit, namedBy, number, result, told, transport, withInterval } from "./form.js";
import { costs, measure, pupilKey, pupils } from "./policies.js";
import { figures, problemBox } from "../views/parts.js";

export function valueView() {
  const ready = state.decide.world?.optimum != null;
  return html`
    <p class="small soft">${t("policies.value.lead")}</p>
    <div class="fields terms">${number("value", "episodes", 100, 1000000, 100)}${exploring()}</div>
    ${pick("agents", Object.keys(AGENTS).filter((name) => name !== "tiles" || isOperation()), (name) => AGENTS[name]())}
    ${state.decide.problem === "shop" ? pick("networks", Object.keys(AGENTS).slice(2), (name) => name) : nothing}
    ${ready ? takes() : nothing}
    ${state.learn.phase === "done" ? nothing : html`<p class="message">${t("policies.untrained")}</p>`}
    ${transport("value", ready ? null : t("policies.undecided"))}
    ${lesson()}
    ${told("value")}
    ${result("value", draw)}`;
}

/** Who learns first: agents in the problem, or networks from the log. */
function pick(kind, all, label) {
  const form = state.policies.forms.value;
  const put = (name, on) => {
    form[kind] = all.filter((one) => (one === name ? on : form[kind].includes(one)));
    changed("evaluate");
  };
  return html`<div class="stack tight"><div class="row" role="group" aria-labelledby=${`value-${kind}`}><span class="label" id=${`value-${kind}`}>${t(`policies.${kind}`)}</span>
    ${all.map((name) => html`<label class="check small"><input type="checkbox" data-kind=${kind} data-network=${name} .checked=${form[kind].includes(name)} @change=${({ target }) => put(name, target.checked)}>${label(name)}</label>`)}</div>
    <p class="small soft">${t(`policies.${kind}.note`)}</p></div>`;
}

const pupilName = ({ agent, network }) => (agent ? AGENTS[agent]() : t("policies.fromLog", { network }));

/** What each who learns first will take. */
function takes() {
  const all = pupils();
  if (all.length === 0) return nothing;
  const running = state.policies.running !== null;
  if (!running && !costs.under) queueMicrotask(measure);
  const found = (pupil) => costs.found[pupilKey(pupil)];
  const cell = (one, of) => html`<td class="num">${one && !("refused" in one) ? of(one) : !one && costs.under ? "…" : format.DASH}</td>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("policies.takes")}><table class="small" data-testid="value-costs">
    <thead><tr><th scope="col">${t("policies.learns")}</th>${["time", "memory", "weights"].map((name) => html`<th scope="col" class="num">${t(`policies.takes.${name}`)}</th>`)}</tr></thead>
    <tbody>${all.map((pupil) => html`<tr><th scope="row">${pupilName(pupil)}</th>
      ${cell(found(pupil), ({ seconds }) => format.seconds(seconds))}
      ${cell(found(pupil), ({ bytes }) => format.bytes(bytes))}
      ${cell(found(pupil), ({ weights }) => format.whole(weights))}</tr>`)}</tbody>
  </table></div>
  ${all.map((pupil) => problemBox(found(pupil)?.refused))}
  <p class="small soft">${t("policies.takes.note")}</p>`;
}

/** How whoever is at it learns. */
function lesson() {
  const { running } = state.policies;
  if (running?.kind !== "value" || !running.lesson) return nothing;
  const { pupil, done, loss, norm, samples, since } = running.lesson;
  const seconds = (performance.now() - since.at) / 1000;
  const going = seconds > 0.5 && done > since.done;
  return html`<div class="stack tight" data-testid="lesson"><b>${t("policies.lesson", { name: pupilName(pupil) })}</b>${figures([
    [t("policies.lesson.done"), format.percent(done, 0)],
    [t("policies.lesson.loss"), format.brief(loss)],
    [t("policies.lesson.norm"), format.brief(norm)],
    [t("policies.lesson.speed"), going ? format.whole((samples - since.samples) / seconds) : format.DASH],
    [t("policies.lesson.left"), going ? format.seconds((seconds * (1 - done)) / (done - since.done)) : format.DASH],
  ])}</div>`;
}

function draw({ board, regret, scanned, lift, gamma, troubles = [] }, made) {
  const { approximator } = made;
  const unit = currency(made);
  const named = namedBy(approximator);
  const digits = decimals(board.policies.map(({ exact }) => exact));
  const plots = { regret: regret.length > 1 ? regretChart(regret, unit) : null, lift: lift ? scanChart(lift, scanned, "lift", named) : null, gamma: scanChart(gamma, scanned, "gamma", named) };
  const kinds = Object.keys(plots).filter((kind) => plots[kind]);
  const plot = kinds.includes(state.policies.plot) ? state.policies.plot : kinds[0];
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${t("policies.value.table")}><table class="board" data-testid="values">
      <thead><tr><th scope="col">${t("policies.policy")}</th><th scope="col" class="num">${inUnit(t("policies.exact"), unit)}</th><th scope="col" class="num">${t("policies.share")}</th><th scope="col" class="num">${inUnit(t("policies.simulated"), unit)}</th><th scope="col" class="num">n</th></tr></thead>
      <tbody>${board.policies.map((policy) => html`<tr><th scope="row">${named(policy.name)}</th>
        <td class="num"><b>${format.fixed(policy.exact, digits)}</b></td>
        <td class="num">${format.percent(policy.ofOptimum, 2)}</td>
        <td class="num">${withInterval(policy.simulated.value, policy.simulated.ci, digits)}</td>
        <td class="num">${format.whole(board.episodes)}</td></tr>`)}</tbody>
    </table></div>
    ${troubles.map(({ who, what }) => html`<p class="message bad small"><b>${AGENTS[who]?.() ?? named(who)}</b> ${say(what)}</p>`)}
    <q-chart size="rows" .spec=${forest(board, named, unit)}></q-chart>
    <div class="part">
      <div class="chips" role="group" aria-label=${t("evaluate.plots")}>${kinds.map((kind) => html`<button type="button" class="chip" aria-pressed=${plot === kind} @click=${() => { state.policies.plot = kind; changed("evaluate"); }}>${t(`policies.plot.${kind}`)}</button>`)}</div>
      <q-chart size="tall" .spec=${plots[plot]}></q-chart>
      ${plot === "regret" ? html`<p class="small soft">${t("policies.regret.note")}</p>` : words(plot === "lift" ? lift : gamma, scanned, plot, named)}
    </div>`;
}

function forest({ policies, optimum }, named, unit) {
  return {
    kind: "forest",
    title: t("policies.value.forest"),
    x: { label: t("policies.value.axis"), unit },
    y: { label: t("policies.policy") },
    bars: [...policies].sort((a, b) => b.exact - a.exact).map(({ name, simulated: { value, ci } }) => ({ label: named(name), parts: [value - optimum], interval: [ci[0] - optimum, ci[1] - optimum] })),
  };
}

function regretChart(regret, unit) {
  return {
    kind: "lines",
    title: t("policies.plot.regret"),
    x: { label: t("policies.episodes"), whole: true },
    y: { label: t("policies.regret.axis"), unit },
    series: [{ label: t("policies.regret"), x: regret.map(({ episodes }) => episodes), y: regret.map(({ cumulative }) => cumulative), exact: true }],
  };
}

/** Shares of the optimum over an assumption, with a mark where the winner changes. */
function scanChart(found, names, of, named) {
  return {
    kind: "lines",
    title: t(`policies.plot.${of}`),
    x: { label: t(`policies.axis.${of}`) },
    y: { label: t("policies.share"), unit: "%" },
    series: names.map((name, at) => ({ label: named(name), style: at, x: found.at, y: found.values.map((row) => row[at] * 100), exact: true })),
    marks: found.crossings.map(({ at, above }) => ({ x: at, label: t("policies.crossing", { name: named(names[above]) }) })),
    references: [{ y: 100, label: t("policies.policy.optimal") }],
  };
}

function words({ crossings, winner }, names, of, named) {
  if (crossings.length === 0) return html`<p class="small soft">${t("policies.throughout", { name: named(names[winner[0]]) })}</p>`;
  return html`<ul class="notes">${crossings.map(({ at, below, above }) => html`<li class="clear">${t(`policies.crossing.${of}`, { at: format.brief(at), below: named(names[below]), above: named(names[above]) })}</li>`)}</ul>`;
}
