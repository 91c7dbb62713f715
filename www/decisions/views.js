// What the page shows of price, stock and ads, one view for each of its steps.

export { choiceView, settingsView } from "./settings-view.js";
export { liveView } from "./live-view.js";
export { lookView } from "./look-view.js";
export { money } from "./money.js";
export { begin, begun, logRead, needsLog, refresh, wished } from "./driver.js";
