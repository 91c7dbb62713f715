// Small things remembered between visits. Where storage is switched off, nothing is remembered and nothing breaks.

const PREFIX = "qcart.";

/** Whether anything outlives the page here. */
export function canRemember() {
  try {
    localStorage.setItem(`${PREFIX}try`, "");
    localStorage.removeItem(`${PREFIX}try`);
    return true;
  } catch {
    return false;
  }
}

export function recall(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // Private mode or a full store: the choice holds until the page is closed.
  }
}
