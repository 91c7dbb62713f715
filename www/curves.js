// From measurements to the chart that shows them: which curves, which axis, which band.

import { say, t } from "./i18n.js";
import * as format from "./format.js";
import { parameter } from "./lab.js";

/** What was not measured leaves a gap. */
const absent = (x) => x ?? NaN;

/** What each tab measures: curves of a snapshot, and how the axis reads. */
export const TABS = {
  value: {
    curves: [["value", (s) => s.valuePercent]],
    axis: "learn.axis.value",
    unit: "%",
  },
  error: {
    curves: [
      ["distance", (s) => s.qDistance],
      ["residual", (s) => s.bellmanResidual],
      ["td", (s) => s.tdError],
    ],
    axis: "learn.axis.error",
    canBeLog: true,
  },
  explore: {
    curves: [
      ["epsilon", (s) => s.epsilon],
      ["alpha", (s) => s.alpha],
    ],
    axis: "learn.axis.explore",
    canBeLog: true,
    exact: true,
  },
  change: {
    curves: [["changed", (s) => (s.greedyChanged === null ? null : s.greedyChanged * 100)]],
    axis: "learn.axis.change",
    unit: "%",
  },
};

/** The chart of a tab over the runs of `learn`, kept ones behind. */
export function chartOf(learn, budget) {
  const tab = TABS[learn.tab];
  const series = [];
  tab.curves.forEach(([name, of], style) => {
    if (learn.runs.length > 0) series.push({ label: t(`learn.series.${name}`), style, exact: tab.exact ?? false, ...curve(learn.runs, of) });
  });
  const older = learn.kept.map((kept, at) => ({ name: t("learn.kept", { n: at + 1 }), runs: kept.runs, style: 3 + (at % 3) }));
  if (learn.previous) older.push({ name: t("learn.previous"), runs: learn.previous, style: 6 });
  for (const { name, runs, style } of older) {
    tab.curves.forEach(([curveName, of], at) => {
      const label = tab.curves.length > 1 ? `${name}: ${t(`learn.series.${curveName}`)}` : name;
      series.push({ label, style, dash: 1 + at, exact: true, ...curve(runs, of) });
    });
  }
  const empty = series.length === 0;
  return {
    kind: "lines",
    title: t(`learn.${learn.tab}`),
    // Before the first measurement the axes show where the curve will be.
    x: { label: t("learn.axis.steps"), whole: true, range: series.some(({ x }) => x.length > 1) ? null : [0, budget] },
    y: { label: t(tab.axis), unit: tab.unit ?? "", log: Boolean(tab.canBeLog && learn.log && !empty), range: empty ? [0, tab.unit ? 105 : 1] : null },
    series,
    marks: marks(learn),
    references: learn.tab === "value" ? [{ y: 100, label: t("learn.optimum") }] : [],
    smoothing: tab.exact ? 0 : learn.smoothing,
  };
}

/** One run as it is; several as their mean with the band between the lowest and the highest. */
function curve(runs, of) {
  if (runs.length === 1) {
    return { x: runs[0].map((s) => s.step), y: runs[0].map((s) => absent(of(s))) };
  }
  const longest = runs.reduce((a, b) => (b.length > a.length ? b : a));
  const columns = longest.map((_, at) => runs.filter((run) => run.length > 0).map((run) => absent(of(run[Math.min(at, run.length - 1)]))));
  return {
    x: longest.map((s) => s.step),
    y: columns.map((values) => values.reduce((a, b) => a + b, 0) / values.length),
    low: columns.map((values) => Math.min(...values)),
    high: columns.map((values) => Math.max(...values)),
  };
}

function marks({ changes }) {
  return changes.slice(-12).map(({ step, key, value }) => {
    const { label, domain } = parameter(key);
    const shown = domain.type === "choice" ? say(domain.options.find((option) => option.key === value)?.label) : typeof value === "number" ? format.brief(value, 4) : String(value);
    return { x: step, label: t("learn.mark", { label: say(label), value: shown }) };
  });
}
