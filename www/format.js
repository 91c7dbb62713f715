// Numbers, sizes and dates in the language of the page.

let locale = "en";
const cache = new Map();

export function useLocale(language) {
  locale = language;
  cache.clear();
}

function formatter(Kind, options) {
  const key = Kind.name + JSON.stringify(options);
  if (!cache.has(key)) cache.set(key, new Kind(locale, options));
  return cache.get(key);
}

const number = (options) => formatter(Intl.NumberFormat, options);
export const DASH = "–";
const missing = (x) => x === null || x === undefined || Number.isNaN(x);

/** A whole number with its thousands set apart. */
export const whole = (x) => (missing(x) ? DASH : number({ maximumFractionDigits: 0 }).format(x));

/** A number with a fixed count of decimals, so that columns align. */
export const fixed = (x, digits = 3) =>
  missing(x) ? DASH : number({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(x);

/** A number of any size with a few digits that matter. */
export function brief(x, digits = 3) {
  if (missing(x)) return DASH;
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    // Numbers that change keep their width; those given with all their digits have no zeros at the end.
    const fraction = digits > 6 ? { maximumFractionDigits: digits - 1 } : { minimumFractionDigits: digits - 1 };
    return `${number(fraction).format(+mantissa)}·10${raised(+exponent)}`;
  }
  return number({ maximumSignificantDigits: digits }).format(x);
}

const raised = (n) => String(n).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

/** A large count in short: 1.2M, 120万. */
export const compact = (x) => (missing(x) ? DASH : number({ notation: "compact", maximumSignificantDigits: 3 }).format(x));

/** A share, 0 to 1, as %. */
export const percent = (x, digits = 1) =>
  missing(x) ? DASH : number({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(x);

/** A value that is in % already. */
export const percentage = (x, digits = 1) => percent(missing(x) ? x : x / 100, digits);

export function bytes(x) {
  if (missing(x)) return DASH;
  const units = ["", "kilobyte", "megabyte", "gigabyte"];
  let at = 0;
  while (x >= 1000 && at < units.length - 1) {
    x /= 1000;
    at += 1;
  }
  if (at === 0) return `${whole(x)} B`;
  return number({ style: "unit", unit: units[at], unitDisplay: "short", maximumFractionDigits: x >= 100 ? 0 : 1 }).format(x);
}

export const seconds = (x) =>
  x < 90
    ? number({ style: "unit", unit: "second", unitDisplay: "short", maximumFractionDigits: 0 }).format(Math.max(1, Math.ceil(x)))
    : number({ style: "unit", unit: "minute", unitDisplay: "short", maximumFractionDigits: 0 }).format(Math.ceil(x / 60));

export const date = (ms) => formatter(Intl.DateTimeFormat, { dateStyle: "medium", timeZone: "UTC" }).format(ms);
export const moment = (ms) =>
  formatter(Intl.DateTimeFormat, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }).format(ms);
export const list = (words) => formatter(Intl.ListFormat, { type: "conjunction" }).format(words);
