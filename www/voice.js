// What the page says: to those who listen, and as notices at the top.

import { changed, state } from "./state.js";

const SAY_EVERY = 2000;
const spoken = { at: -SAY_EVERY, later: 0 };

/** Says something to those who listen instead of looking: at most every two seconds, the newest last. */
export function announce(text) {
  clearTimeout(spoken.later);
  const wait = spoken.at + SAY_EVERY - performance.now();
  if (wait > 0) {
    spoken.later = setTimeout(() => announce(text), wait);
    return;
  }
  spoken.at = performance.now();
  document.getElementById("status").textContent = text;
}

export function notify(notice) {
  state.notices = [...state.notices.filter((other) => other.id !== notice.id), notice];
  changed("chrome");
}

export function dismiss(id) {
  state.notices = state.notices.filter((notice) => notice.id !== id);
  changed("chrome");
}
