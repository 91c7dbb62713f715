// Step 5: links and project files, out and in.

import { html, nothing } from "../vendor/lit-html.js";
import { say, t } from "../i18n.js";
import * as format from "../format.js";
import { makeLink, saveProject } from "../lab.js";
import { decisions } from "../decisions.js";
import { announce } from "../voice.js";
import { openLink, openProject } from "../share.js";
import { changed, state } from "../state.js";
import { problemBox } from "./parts.js";
import { verdictBox } from "./learn.js";

export function shareView() {
  if (state.engine !== "ready") return nothing;
  const { share } = state;
  return html`
    ${state.learn.verdict ? verdictBox(state.learn.verdict) : nothing}
    <div class="stack">
      <div class="row">
        <button type="button" class="primary" ?disabled=${Boolean(state.data.pending) || (!state.decide.world && !state.data.report)} @click=${makeLink}>${t(share.link ? "share.update" : "share.make")}</button>
        ${state.decide.problem === "shop" || decisions()?.needsLog() ? html`<label class="check"><input type="checkbox" .checked=${share.inline} @change=${(event) => { share.inline = event.target.checked; share.stale = true; changed("share"); }}>${t("share.inline")}</label>` : nothing}
      </div>
      <p class="small soft">${t(state.learn.outcome ? "share.holds" : "share.nothing")} ${share.inline ? nothing : t("share.inline.note")}</p>
      ${problemBox(share.problem)}
      ${share.link ? links() : nothing}
    </div>
    <div class="part sides">${project()}${incoming()}</div>
  `;
}

function links() {
  const { share } = state;
  return html`
    ${share.note ? html`<p class="message warn">${say(share.note)}</p>` : nothing}
    ${copyable("link", share.link)}
    ${copyable("markdown", share.markdown)}
    <p class="small soft num">${t("share.length", { count: format.whole(share.link.length) })}
      ${state.learn.outcome ? html`· ${t("share.digest")} <code>${state.learn.digest}</code>` : nothing}
      ${share.stale ? html`· <span class="badge warn">${t("share.stale")}</span>` : nothing}</p>
    ${share.copyFailed ? html`<p class="message warn">${t("share.copyFailed")}</p>` : nothing}
  `;
}

function copyable(name, text) {
  const { share } = state;
  const copy = async (event) => {
    const field = event.target.closest(".link").querySelector("input");
    share.copyFailed = false;
    try {
      await navigator.clipboard.writeText(text);
      share.copied = name;
      announce(t("share.copied"));
      setTimeout(() => { if (share.copied === name) { share.copied = null; changed("share"); } }, 2500);
    } catch {
      share.copyFailed = true;
      field.select();
    }
    changed("share");
  };
  return html`<div class="stack"><label class="label" for=${`s-${name}`}>${t(`share.${name}`)}</label>
    <div class="link"><input id=${`s-${name}`} type="text" readonly .value=${text} @focus=${(event) => event.target.select()}>
      <button type="button" @click=${copy} aria-label=${`${t("share.copy")}: ${t(`share.${name}`)}`}>${share.copied === name ? t("share.copied") : t("share.copy")}</button></div></div>`;
}

function project() {
  const picked = async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) openProject(file);
  };
  return html`<div class="stack"><h3>${t("share.project")}</h3><p class="small soft">${t("share.project.note")}</p>
    <div class="row"><button type="button" ?disabled=${!state.decide.world} @click=${saveProject}>${t("share.save")}</button>
      <label class="button">${t("share.open")}<input type="file" class="unseen" accept=".json,.qcart,application/json" @change=${picked}></label></div>
    ${state.share.fileNote ? html`<p class="message warn">${say(state.share.fileNote)}</p>` : nothing}</div>`;
}

function incoming() {
  const { share } = state;
  return html`<form class="stack" @submit=${(event) => { event.preventDefault(); openLink(share.pasted); }}>
    <label class="stack" for="incoming"><h3>${t("share.paste")}</h3></label>
    <div class="link"><input id="incoming" type="text" autocomplete="off" spellcheck="false" placeholder=${t("share.paste.place")} .value=${share.pasted} @input=${(event) => { share.pasted = event.target.value; changed("share"); }}>
      <button ?disabled=${!share.pasted.trim()}>${t("share.paste.go")}</button></div>
    ${problemBox(share.incoming, t("share.kept"))}</form>`;
}
