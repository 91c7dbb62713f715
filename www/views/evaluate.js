// Step 5: the boards, behind a button until they are first opened.

import { html, nothing } from "../vendor/lit-html.js";
import { boardsView, openBoards } from "../boards.js";
import { t } from "../i18n.js";
import { state } from "../state.js";

export function evaluateView() {
  const { data, decide, evaluate } = state;
  if (!state.catalog || (!data.report && !decide.world)) return html`<p class="blank">${t("evaluate.empty")}</p>`;
  const board = boardsView();
  if (board) return board();
  const opening = evaluate.opening === "now";
  return html`<div class="stack">
    ${evaluate.promised || evaluate.found ? html`<p class="message">${t("evaluate.promised")}</p>` : nothing}
    ${evaluate.opening === "failed" ? html`<p class="message bad" role="alert">${t("evaluate.failed")}</p>` : nothing}
    <p><button type="button" data-testid="open-boards" ?disabled=${opening} aria-busy=${opening} @click=${openBoards}>${t(opening ? "evaluate.opening" : "evaluate.open")}</button></p>
  </div>`;
}
