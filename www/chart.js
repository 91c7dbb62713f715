// <q-chart>: a canvas that the engine draws on, with what belongs to it: legend, read-out, zoom, files, words and table.
//
// It draws on the main thread, at most once a frame and only when something changed.

import { html, nothing, render, svg } from "./vendor/lit-html.js";
import { currentLanguage, t } from "./i18n.js";
import { whole } from "./format.js";
import { loadPage } from "./load.js";
import { announce, dismiss, notify } from "./voice.js";
import { save } from "./files.js";

let ChartView = null;
let asked = false;
const charts = new Set();

/** Loads what draws charts, when the first one with something to show comes into view. */
async function loadDrawing() {
  if (asked) return;
  asked = true;
  try {
    ({ ChartView } = await loadPage());
    dismiss("charts");
    redrawCharts();
  } catch (problem) {
    const again = () => { dismiss("charts"); asked = false; loadDrawing(); };
    notify({ id: "charts", kind: "bad", text: `load.${problem.kind ?? "other"}`, values: { status: problem.status ?? "" }, report: problem.detail ?? String(problem), action: { label: "retry", run: again } });
  }
}

/** After a change of theme or language. */
export function redrawCharts() {
  for (const chart of charts) chart.refresh();
}

const forced = matchMedia("(forced-colors: active)");
const dark = matchMedia("(prefers-color-scheme: dark)");
for (const query of [forced, dark]) query.addEventListener("change", redrawCharts);

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
}

function colours(element) {
  if (!forced.matches) return { theme: isDark() ? "dark" : "light", paper: isDark() ? [28, 31, 37] : [255, 255, 255] };
  const style = getComputedStyle(element);
  const rgb = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);
  return { theme: "highContrast", ink: rgb(style.color), paper: rgb(getComputedStyle(document.body).backgroundColor) };
}

const MINIMUM_ROWS = 2;
const WORDS_EVERY = 2000;

class Chart extends HTMLElement {
  #spec = null;
  #key = "";
  #empty = null;
  #tools = nothing;
  #view = null;
  #size = null;
  #frame = 0;
  #legend = [];
  #layout = null;
  #readout = null;
  #words = "";
  #wordsAt = 0;
  #wordsLater = 0;
  #open = false;
  #observer = new ResizeObserver(([entry]) => this.#resized(entry));
  #near = false;
  #watch = new IntersectionObserver(([entry]) => {
    this.#near = entry.isIntersecting;
    if (this.#near && !ChartView) this.#later();
  });
  #drag = null;

  connectedCallback() {
    charts.add(this);
    this.classList.add("chart");
    this.#render();
    if (this.#spec) this.#fit();
    this.#observe();
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    charts.delete(this);
    this.#observer.disconnect();
    this.#watch.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#wordsLater);
    this.#frame = 0;
    this.#view?.free();
    this.#view = null;
  }

  set spec(spec) {
    const key = JSON.stringify(spec);
    if (key === this.#key) return;
    this.#key = key;
    // What was read belongs to the chart before.
    if (spec.title !== this.#spec?.title) this.#leave();
    this.#spec = spec;
    this.#fit();
    this.#later();
  }

  set empty(lines) {
    const same = JSON.stringify(lines) === JSON.stringify(this.#empty);
    this.#empty = lines;
    if (!same) this.#update();
  }

  set tools(tools) {
    this.#tools = tools;
    this.#update();
  }

  refresh() {
    this.#later();
  }

  #update() {
    if (this.isConnected) this.#render();
  }

  #observe() {
    const box = this.querySelector(".canvas");
    try {
      this.#observer.observe(box, { box: "device-pixel-content-box" });
    } catch {
      this.#observer.observe(box);
    }
  }

  #resized(entry) {
    const { width, height } = entry.contentRect;
    const device = entry.devicePixelContentBoxSize?.[0];
    const ratio = device && width > 0 ? device.inlineSize / width : devicePixelRatio;
    this.#size = { width, height, ratio };
    this.#later();
  }

  /** Charts of rows are as tall as their rows need. */
  #fit() {
    if (this.getAttribute("size") !== "rows" || !this.isConnected) return;
    const rows = Math.max(MINIMUM_ROWS, this.#spec.bars.length);
    this.querySelector(".canvas").style.height = `${this.#layout?.height ? Math.ceil(this.#layout.height) : rows * 28 + (this.#spec.x?.label ? 34 : 14)}px`;
  }

  #later() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (!ChartView && this.#near && this.#spec && !this.#empty) loadDrawing();
    if (!ChartView || !this.#spec || !this.isConnected || !(this.#size?.width >= 40 && this.#size.height >= 40)) return;
    const [base, overlay] = this.querySelectorAll("canvas");
    const look = { ...this.#size, ...colours(this) };
    try {
      this.#view ??= new ChartView(base, overlay);
      const before = this.#layout?.height;
      this.#layout = this.#view.draw({ ...this.#spec, look });
      this.#legend = this.#view.legend();
      if (this.#layout.height !== before) this.#fit();
    } catch (problem) {
      console.error(problem);
      return;
    }
    this.#describe();
    this.#render();
  }

  /** Words change at most every two seconds, so that a reader can follow. */
  #describe() {
    clearTimeout(this.#wordsLater);
    const wait = this.#wordsAt + WORDS_EVERY - performance.now();
    if (wait > 0) {
      this.#wordsLater = setTimeout(() => this.#describe(), wait);
      return;
    }
    this.#wordsAt = performance.now();
    if (!this.#view) return;
    this.#words = this.#empty ? this.#empty.join(" ") : this.#view.summary(currentLanguage());
    this.#render();
  }

  #render() {
    const plain = this.hasAttribute("plain");
    const title = this.#spec?.title ?? "";
    const readable = this.#view && !this.#empty;
    render(html`
      ${plain && !this.hasAttribute("legend") ? nothing : html`<ul class="legend">${this.#empty ? nothing : this.#legend.map(swatch)}</ul>`}
      <div class=${`canvas ${this.getAttribute("size") ?? ""}`} role="group" tabindex="0" aria-label=${plain ? title : `${title}. ${t("chart.keys")}`}
        @keydown=${this.#pressed} @pointermove=${this.#move} @pointerleave=${this.#leave} @pointerdown=${this.#down} @pointerup=${this.#up} @pointercancel=${this.#up} @dblclick=${this.#reset} @blur=${this.#leave}>
        <canvas role="img" aria-label=${this.#words || title}></canvas>
        <canvas class="over" aria-hidden="true"></canvas>
        ${this.#empty ? html`<div class="hollow"><p>${this.#empty[0]}</p><p class="soft">${this.#empty[1]}</p></div>` : nothing}
      </div>
      <p class="read">${this.#readout ? reading(this.#readout, this.#at(this.#readout)) : nothing}</p>
      ${plain ? nothing : html`<div class="tools">${this.#tools}<span class="spacer"></span>
        ${this.#layout?.zoomed ? html`<button type="button" class="quiet" @click=${this.#reset}>${t("chart.reset")}</button>` : nothing}
        ${this.#spec?.kind === "lines" ? html`<button type="button" class="quiet icon" aria-label=${t("chart.zoomIn")} title=${t("chart.zoomIn")} ?disabled=${!readable} @click=${() => this.#zoom(2)}>+</button>
        <button type="button" class="quiet icon" aria-label=${t("chart.zoomOut")} title=${t("chart.zoomOut")} ?disabled=${!this.#layout?.zoomed} @click=${() => this.#zoom(0.5)}>−</button>` : nothing}
        <details class="menu" @focusout=${closeWhenLeft}><summary class="button">${t("chart.save")}</summary>
          <div>${["png2", "png4", "svg", "csv"].map((kind) => html`<button type="button" class="quiet" ?disabled=${!readable} @click=${(event) => { event.target.closest("details").open = false; this.#export(kind); }}>${t(`chart.${kind}`)}</button>`)}</div></details>
      </div>`}
      ${this.#empty ? nothing : html`<details class="fold" @toggle=${(event) => { this.#open = event.target.open; this.#render(); }}>
        <summary>${t("chart.summary", { title })}</summary>
        ${this.#open && this.#view ? html`<p class="small">${this.#words}</p>${twin(this.#view.table(200), title)}` : nothing}
      </details>`}
    `, this);
  }

  #place(event) {
    const box = this.querySelector("canvas").getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** Where the read-out stands: steps with their thousands set apart, else as the engine writes it. */
  #at(readout) {
    const steps = this.#spec.kind === "lines" && this.#spec.x.whole;
    return steps ? `${this.#spec.x.label} ${whole(readout.x)}` : readout.xText || readout.label;
  }

  #show(readout, aloud = false) {
    this.#readout = readout ?? null;
    if (readout && aloud) announce(spoken(readout, this.#at(readout)));
    this.#render();
  }

  #move = (event) => {
    if (!this.#view || this.#empty) return;
    const [x, y] = this.#place(event);
    if (this.#drag !== null && Math.abs(x - this.#drag) > 6) this.#dragged = x;
    this.#show(this.#view.hover(x, y));
  };

  #dragged = null;

  #down = (event) => {
    if (event.pointerType === "mouse" && event.button === 0 && this.#spec?.kind === "lines") [this.#drag] = this.#place(event);
  };

  #up = () => {
    if (this.#drag !== null && this.#dragged !== null && this.#view) {
      this.#layout = this.#view.zoomTo(Math.min(this.#drag, this.#dragged), Math.max(this.#drag, this.#dragged));
      this.#render();
    }
    this.#drag = this.#dragged = null;
  };

  #leave = () => {
    if (!this.#view || !this.#readout) return;
    this.#view.leave();
    this.#show(null);
  };

  #pressed = (event) => {
    if (!this.#view || this.#empty || event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") this.#zoom(2);
    else if (event.key === "-") this.#zoom(0.5);
    else if (event.key === "Escape") {
      this.#reset();
      this.#leave();
    } else {
      const readout = this.#view.key(event.key);
      if (!readout) return;
      this.#show(readout, true);
    }
    event.preventDefault();
  };

  /** In by a factor above 1, out by one below. */
  #zoom(factor) {
    if (this.#spec?.kind !== "lines") return;
    this.#layout = this.#view.zoom(factor, undefined);
    this.#render();
  }

  #reset = () => {
    if (!this.#view) return;
    this.#layout = this.#view.reset();
    this.#render();
  };

  #export(kind) {
    const name = (this.#spec.title || "chart").replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase();
    if (kind === "svg") save(new Blob([this.#view.svg()], { type: "image/svg+xml" }), `${name}.svg`);
    else if (kind === "csv") save(new Blob([this.#view.csv()], { type: "text/csv;charset=utf-8" }), `${name}.csv`);
    else {
      const canvas = document.createElement("canvas");
      this.#view.exportTo(canvas, Number(kind.slice(3)));
      canvas.toBlob((blob) => blob && save(blob, `${name}.png`));
    }
  }
}

const closeWhenLeft = (event) => {
  if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
};

const spoken = (readout, at) => [at, ...readout.rows.map(({ label, text }) => `${label} ${text}`), readout.mark].filter(Boolean).join(", ");

const reading = (readout, at) => html`<b>${at}</b>
  ${readout.rows.map(({ label, text, colour }) => html`<span class="entry"><svg aria-hidden="true" width="9" height="9"><circle cx="4.5" cy="4.5" r="4" fill=${colour}/></svg>${label} ${text}</span>`)}
  ${readout.mark ? html`<span class="entry">${readout.mark}</span>` : nothing}`;

const swatch = ({ label, colour, dash, marker }) => html`<li><svg aria-hidden="true" width="24" height="10">${
  marker
    ? svg`<line x1="1" y1="5" x2="23" y2="5" stroke=${colour} stroke-width="2" stroke-dasharray=${dash.join(" ") || "none"}/>`
    : svg`<rect x="7" width="10" height="10" rx="2" fill=${colour}/>`
}</svg>${label}</li>`;

function twin({ columns, rows, total }, title) {
  return html`<div class="twin" tabindex="0" role="region" aria-label=${`${title}, ${t("chart.table")}`}><table>
    <thead><tr>${columns.map((name, at) => (name ? html`<th scope="col" class=${at > 0 ? "num" : ""}>${name}</th>` : html`<td></td>`))}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((text, at) => html`<td class=${at > 0 ? "num" : ""}>${text}</td>`)}</tr>`)}</tbody>
  </table>${rows.length < total ? html`<p class="soft">… ${rows.length} / ${total}</p>` : nothing}</div>`;
}

customElements.define("q-chart", Chart);
