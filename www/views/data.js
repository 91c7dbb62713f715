// Step 1: where the log comes from, how it is read, and what is in it.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { atHand, cancelImport, choosePasted, chooseProblem, chooseSample, giveWanted, importLog, leaveRefused, readAgain, saveRejects, saveShop } from "../lab.js";
import { family } from "../decisions.js";
import { take } from "../drop.js";
import { SAMPLES } from "../samples.js";
import { changed, state } from "../state.js";
import { fieldGroup, inGroup } from "./fields.js";
import { bars, facts, figures, fold, options, problemBox } from "./parts.js";

const EVENTS = ["view", "click", "cart", "purchase"];
const ROLES = ["user", "item", "event", "time", "session", "price", "quantity", "category", "propensity", "position", "variant", "ignore"];
const ENCODINGS = [["utf8", "UTF-8"], ["utf16Le", "UTF-16LE"], ["utf16Be", "UTF-16BE"], ["gb18030", "GB18030"], ["windows1252", "Windows-1252"]];

export function dataView() {
  const { data } = state;
  if (state.engine !== "ready") return html`${sources(true)}${waiting()}`;
  return html`
    ${state.share.wanted ? wanted() : nothing}
    ${sources(false)}
    ${data.pasting ? paste() : nothing}
    ${data.pending ? progress(data.pending) : nothing}
    ${problemBox(data.problem, data.report ? t("data.kept") : nothing)}
    ${data.refused ? how() : nothing}
    ${report()}
    ${data.refused ? nothing : how()}
    ${generator()}
  `;
}

function waiting() {
  if (state.engine === "failed") return nothing;
  return html`<p class="message">${t("load.engine")}</p>`;
}

function sources(disabled) {
  const { data } = state;
  const origin = data.pending?.origin ?? data.current;
  const textbook = family() === "textbook";
  const note = !textbook && origin?.sample ? `sample.${origin.sample}.note` : null;
  return html`<div class="stack">
    <div class="drop">
      <label class="button"><span>${t("data.choose")}</span>
        <input type="file" class="unseen" id="file" accept=".csv,.tsv,.txt,.gz,.dat,.data,text/csv,text/plain,application/gzip" @change=${picked}></label>
      <button type="button" aria-expanded=${data.pasting} ?disabled=${disabled} @click=${() => { data.pasting = !data.pasting; changed("data"); }}>${t("data.paste")}</button>
      <span class="soft">${t("data.drop")}</span>
    </div>
    <div class="stack">
      <div><p class="label" id="samples">${t("data.samples")}</p>
      <div class="chips" role="group" aria-labelledby="samples">
        ${SAMPLES.map(({ id }) => html`<button type="button" class="chip" ?disabled=${disabled} aria-pressed=${!textbook && origin?.sample === id} @click=${() => chooseSample(id)}>${t(`sample.${id}`)}</button>`)}
      </div></div>
      ${note ? html`<p class="small soft">${t(note)}</p>` : nothing}
      ${state.catalog ? textbooks(disabled) : nothing}
    </div>
  </div>`;
}

function textbooks(disabled) {
  return html`<div><p class="label" id="textbooks">${t("data.textbook")}</p>
    <div class="chips" role="group" aria-labelledby="textbooks">
      ${state.catalog.problems.filter(({ family }) => family === "textbook").map((problem) => html`<button type="button" class="chip" ?disabled=${disabled} aria-pressed=${state.decide.problem === problem.id} @click=${() => chooseProblem(problem.id)}>${say(problem.title)}</button>`)}
    </div></div>`;
}

function picked(event) {
  const [file] = event.target.files;
  event.target.value = "";
  if (file) take(file);
}

function paste() {
  const { data } = state;
  return html`<form class="stack" @submit=${(event) => { event.preventDefault(); if (data.pasted.trim()) choosePasted(data.pasted); }}>
    <label class="stack"><span class="label">${t("data.paste.label")}</span>
      <textarea rows="6" spellcheck="false" .value=${data.pasted} @input=${(event) => { data.pasted = event.target.value; changed("data"); }}
        placeholder=${"user,item,event,time\nann,tea,view,2026-03-01 09:30"}></textarea></label>
    <div class="row"><button class="primary" ?disabled=${!data.pasted.trim()}>${t("data.paste.read")}</button></div>
  </form>`;
}

function progress({ origin, progress: at, sorting, since, preview }) {
  const size = at?.size ?? origin.blob?.size ?? null;
  const done = at?.bytesIn ?? 0;
  const elapsed = (performance.now() - since) / 1000;
  const share = sorting ?? (size ? done / size : null);
  const left = size && done > 0 && elapsed > 1 ? ((size - done) / done) * elapsed : null;
  return html`<div class="progress">
    <div class="row apart"><b class="clip">${t("data.reading", { name: origin.name })}</b>
      <button type="button" class="tiny" @click=${cancelImport}>${t("cancel")}</button></div>
    <progress max="1" value=${share ?? nothing} aria-label=${t("data.reading", { name: origin.name })}></progress>
    <p class="small soft num">${
      sorting !== null
        ? t("data.finishing", { rows: format.whole(at?.accepted) })
        : t("data.progress", { percent: share === null ? "" : format.percent(share, 0), speed: format.bytes(done / Math.max(elapsed, 0.05)), rows: format.whole(at?.rows ?? 0) })
    } ${left !== null && sorting === null ? html`· ${t("data.left", { time: format.seconds(left) })}` : nothing}</p>
    ${preview && origin.source.type === "file" ? firstRows(preview) : nothing}
  </div>`;
}

function report() {
  const { report, file } = state.data;
  if (!report) return state.data.pending ? blankReport() : html`<p class="soft small">${t(state.decide.problem === "shop" ? "data.none" : "data.unneeded")}</p>`;
  const types = EVENTS.map((name, at) => [t(`event.${name}`), report.eventsByType[at]]).filter(([, count]) => count > 0);
  return html`<div class="part">
    ${state.decide.problem === "shop" ? nothing : html`<p class="small soft">${t("data.aside")}</p>`}
    ${figures([
      [t("data.users"), format.whole(report.users), nothing],
      [t("data.items"), format.whole(report.items), nothing],
      [t("data.sessions"), format.whole(report.sessions), nothing],
      [t("data.events"), format.whole(report.events), nothing],
    ])}
    ${facts([
      [t("data.size"), html`${file.name} · ${format.bytes(file.size)}`],
      [t("data.dates"), report.dates ? html`${format.date(report.dates.firstMs)} – ${format.date(report.dates.lastMs)}` : t("data.noDates")],
      report.repeated > 0 && [t("data.repeated"), report.merged > 0 ? t("data.repeated.merged", { count: format.whole(report.merged) }) : format.whole(report.repeated)],
      [t("data.fingerprint"), html`<code title=${file.fingerprint}>${file.fingerprint.slice(0, 16)}</code>`],
    ])}
    ${types.length > 1 ? html`<h3>${t("data.byType")}</h3>${bars(types)}` : nothing}
    <h3>${t("data.lengths")}</h3>
    ${lengths(report.lengths)}
    ${fold("top", t("data.top"), () => bars(report.topItems.map(({ name, count }) => [name, count])))}
    ${report.notes.length > 0 ? fold("notes", t("data.notes"), () => html`<ul class="notes">${report.notes.map((note) => html`<li>${say(note)}</li>`)}</ul>`, { badge: report.notes.length, open: state.data.current?.source.type === "file" }) : nothing}
    ${rejected()}
  </div>`;
}

const blankReport = () => html`<div class="part">${figures(["users", "items", "sessions", "events"].map((key) => [t(`data.${key}`), format.DASH, nothing]))}</div>`;

function lengths({ bins, mean, median, max }) {
  const name = ({ from, to }) => (from === to ? String(from) : to >= 4_294_967_295 ? `${from}+` : `${from}–${to}`);
  return html`${bars(bins.map((bin) => [name(bin), bin.count]))}
    <p class="small soft num">${t("data.lengths.facts", { mean: format.fixed(mean, 1), median: format.whole(median), max: format.whole(max) })}</p>`;
}

function rejected() {
  const { report, rejects } = state.data;
  const ignored = report.ignored > 0 ? html`<p class="small soft">${t("data.ignored", { count: format.whole(report.ignored) })}</p>` : nothing;
  if (report.rejected === 0) return html`${ignored}<p class="small soft">${t("data.rejected.none")}</p>`;
    return html`${ignored}${fold("rejected", t("data.rejected"), () => html`<div class="stack">
    ${rejects.groups.map(rejectGroup)}
    <div class="row"><button type="button" @click=${saveRejects}>${t("data.rejected.save")}</button></div>
  </div>`, { badge: format.whole(report.rejected), open: true })}`;
}

const rejectGroup = (group) => html`<div class="small">
  <p><b>${say(group.what)}</b> ${say(group.mend)} <span class="soft num">${t("data.rejected.first", { count: format.whole(group.examples.length), all: format.whole(group.count) })}</span></p>
  <div class="preview" tabindex="0" role="region" aria-label=${say(group.what)}><table>
    <thead><tr><th class="num">${t("data.rejected.line")}</th><th class="num">${t("data.rejected.column")}</th><th>${t("data.rejected.value")}</th></tr></thead>
    <tbody>${group.examples.map(({ place, value }) => html`<tr><td class="num">${format.whole(place.line)}</td><td class="num">${place.column || format.DASH}</td><td>${value}</td></tr>`)}</tbody>
  </table></div>
</div>`;

/** Every guess of the importer, each open to correction. */
function how() {
  const { preview, origin, words } = atHand() ?? {};
  if (!preview) return nothing;
  const { pending, refused } = state.data;
  const broken = refused?.origin === origin;
  const title = broken ? t("data.how.refused", { name: origin.name }) : t("data.how");
  return html`<div class="part">${fold(broken ? "how refused" : "how", title, () => html`<div class="stack">
    <div class="pair">
      ${choice("encoding", t("data.encoding"), ENCODINGS, preview.encoding, (encoding) => ({ encoding }))}
      ${choice("delimiter", t("data.delimiter"), ["comma", "semicolon", "tab", "pipe"].map((d) => [d, t(`delimiter.${d}`)]), preview.delimiter, (delimiter) => ({ delimiter, roles: null }))}
      ${flag("header", "data.header", preview.header)}
      ${flag("dayFirst", "data.dayFirst", preview.dayFirst)}
      ${flag("decimalComma", "data.decimal", preview.decimalComma)}
    </div>
    ${facts([[t("data.times"), say(preview.timeFormat)]])}
    <h3>${t("data.columns")}</h3>
    ${missingRoles(preview)}
    <ul class="columns">${preview.columns.map((column, at) => columnRow(column, at, preview))}</ul>
    ${eventWords(words)}
    ${pending ? nothing : firstRows(preview)}
    <div class="row"><button type="button" class="quiet" @click=${() => readAgain(null)}>${t("data.guess")}</button>
      ${broken ? html`<button type="button" class="quiet" @click=${leaveRefused}>${t("data.leave")}</button>` : nothing}</div>
  </div>`, { open: broken || origin.source.type === "file" })}</div>`;
}

const choice = (id, label, entries, chosen, change) => html`<div class="field"><label for=${`i-${id}`}>${label}</label>
  <select id=${`i-${id}`} @change=${(event) => readAgain(change(event.target.value))}>${options(entries, chosen)}</select></div>`;

const flag = (id, text, chosen) =>
  choice(id, t(text), [["true", t(`${text}.yes`)], ["false", t(`${text}.no`)]], chosen, (value) => ({ [id]: value === "true" }));

function columnRow(column, at, preview) {
  const change = (event) => readAgain({ roles: withRole(preview.columns, at, event.target.value) });
  return html`<li>
    <span class="clip"><span class="name">${column.name}</span> <span class="sample mono" title=${say(column.why)}>${column.samples.join(" · ")}</span></span>
    <select aria-label=${t("data.role", { name: column.name })} @change=${change}>${options(ROLES.map((role) => [role, t(`role.${role}`)]), column.role)}</select>
  </li>`;
}

/** Roles with this one given to a column: whoever had it takes that column's old one. Two columns may make up the time. */
function withRole(columns, at, role) {
  const roles = columns.map((column) => column.role);
  const holders = role === "ignore" ? [] : roles.flatMap((other, i) => (other === role && i !== at ? [i] : []));
  if (holders.length >= (role === "time" ? 2 : 1)) roles[holders.at(-1)] = roles[at];
  roles[at] = role;
  return roles;
}

function missingRoles({ columns }) {
  const has = (...roles) => columns.some(({ role }) => roles.includes(role));
  if (!has("item")) return html`<p class="message warn"><span class="badge warn">${t("data.required")}</span> ${t("data.missing.item")}</p>`;
  if (!has("user", "session")) return html`<p class="message warn"><span class="badge warn">${t("data.required")}</span> ${t("data.missing.user")}</p>`;
  return nothing;
}

function eventWords(list) {
  if (list.length === 0) return nothing;
  const change = (word) => (event) => readAgain({ eventTypes: { ...atHand().options.eventTypes, [word]: event.target.value || null } });
  return html`<h3>${t("data.words")}</h3>
    <ul class="columns">${list.slice(0, 30).map(({ word, count, mapped }) => html`<li>
      <span class="clip"><span class="name">${word || t("data.words.empty")}</span> <span class="sample num">${format.whole(count)}</span></span>
      <select aria-label=${t("data.words.as", { word })} @change=${change(word)}>${options([["", t("data.words.none")], ...EVENTS.map((name) => [name, t(`event.${name}`)])], mapped ?? "")}</select>
    </li>`)}</ul>`;
}

const firstRows = (preview) => html`<h3>${t("data.firstRows")}</h3>
  <div class="preview" tabindex="0" role="region" aria-label=${t("data.firstRows")}><table>
    <thead><tr>${preview.columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${preview.rows.slice(0, 10).map((row) => html`<tr>${preview.columns.map((_, at) => html`<td>${row[at] ?? ""}</td>`)}</tr>`)}</tbody>
  </table></div>`;

function generator() {
  const origin = state.data.pending?.origin ?? state.data.current;
  if (origin?.sample !== "generated") return nothing;
  return html`<div class="part">${fold("generator", t("data.generator"), () => html`<div class="stack">
    <p class="small soft">${t("data.generator.note")}</p>
    ${fieldGroup("generator", "data", inGroup("generator"))}
    <div class="row"><button type="button" @click=${() => importLog(origin)}>${t("data.generate")}</button>
      <button type="button" class="quiet" @click=${saveShop}>${t("data.generator.save")}</button></div>
  </div>`)}</div>`;
}

/** The file that an opened link asks for. */
function wanted() {
  const { wanted: file, given } = state.share;
  const same = given && given.fingerprint === file.fingerprint;
  const picked = (event) => {
    const [chosen] = event.target.files;
    event.target.value = "";
    if (chosen) giveWanted(chosen);
  };
  return html`<div class="wanted" data-testid="wanted">
    <b>${t("share.wanted")}</b>
    ${facts([[t("share.wanted.name"), file.name], [t("share.wanted.size"), `${format.bytes(file.size)} (${format.whole(file.size)} B)`], [t("share.wanted.print"), html`<code>${file.fingerprint}</code>`]])}
    ${given
      ? html`<p class=${`message ${same ? "good" : "warn"}`}>${same ? t("share.same") : t("share.other", { here: given.fingerprint.slice(0, 16), promised: file.fingerprint.slice(0, 16) })}</p>`
      : html`<p class="small">${t("share.wanted.drop")}</p>`}
    <div class="row"><label class="button">${t("data.choose")}<input type="file" class="unseen" @change=${picked}></label></div>
  </div>`;
}
