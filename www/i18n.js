// The language of the page: chosen once, remembered, and asked for by every view.

import { useLocale } from "./format.js";
import { recall, remember } from "./memory.js";

/** Only the language in use is fetched. */
const LOADERS = [{ en: () => import("./texts/en.js"), "zh-CN": () => import("./texts/zh-CN.js") }];
export const LANGUAGES = [["en", "English"], ["zh-CN", "简体中文"]];

let language = "en";
let texts = {};

export const currentLanguage = () => language;
/** The key under which the engine's sentences hold this language. */
export const engineLanguage = () => (language === "en" ? "en" : "zh");

/** A text with its {places} filled in. */
export function t(key, values) {
  const text = texts[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all) : text;
}

/** A sentence of the engine, `{en, zh}`, or of the page, `{key, values}`, in the page's language. */
export function say(text) {
  if (!text) return "";
  return text.key ? t(text.key, text.values) : text[engineLanguage()] || text.en;
}

/** The texts of a part of the page that is loaded later: a loader for each language. */
export async function addTexts(loader) {
  LOADERS.push(loader);
  Object.assign(texts, (await loader[language]()).default);
}

export function firstLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  const wished = [asked, recall("language"), ...(navigator.languages ?? [])].filter(Boolean);
  for (const wish of wished) {
    if (/^zh\b/i.test(wish)) return "zh-CN";
    if (/^en\b/i.test(wish)) return "en";
  }
  return "en";
}

/** Switches the language of the page and of the static markup. */
export async function speak(next, keep = false) {
  const parts = await Promise.all(LOADERS.map((loader) => loader[next]()));
  texts = Object.assign({}, ...parts.map((part) => part.default));
  language = next;
  if (keep) remember("language", language);
  document.documentElement.lang = language;
  useLocale(language);
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  document.title = t("page.title");
}
