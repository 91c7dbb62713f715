// Amounts in the currency typed.

import { CAR } from "../decisions.js";
import * as format from "../format.js";
import { state } from "../state.js";

/** The currency with what belongs between it and a number: words stand apart, signs do not. */
const sign = () => {
  const currency = unit();
  return /\p{L}$/u.test(currency) ? `${currency}\u00a0` : currency;
};

/** An amount; small ones with more decimals. */
export function money(x, digits = Math.abs(x) < 10 && x !== 0 ? 3 : 2) {
  if (x === null || x === undefined || Number.isNaN(x)) return format.DASH;
  return `${x < 0 ? "−" : ""}${sign()}${format.fixed(Math.abs(x), digits)}`;
}

/** A price or another amount as it was typed, without needless digits. */
export const plain = (x) => `${sign()}${format.brief(x, 6)}`;

/** The unit of an axis; the car earns no money. */
export const unit = () => (state.decide.problem === CAR ? "" : (state.settings.currency ?? "").trim());
