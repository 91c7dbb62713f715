// The service worker: keeps the page for use without a network, and tells when a newer one is ready.

import { notify } from "./voice.js";

const WORKER = new URL("../sw.js", import.meta.url);

export async function keepForOffline() {
  const { serviceWorker } = navigator;
  if (!serviceWorker || !/^https?:$/.test(location.protocol)) return;
  serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.type === "qcart-new-version") offer();
  });
  try {
    const registration = await serviceWorker.register(WORKER, { scope: new URL("../", import.meta.url).pathname });
    if (registration.waiting && serviceWorker.controller) offer();
  } catch {
    // A host without the worker's file, or a browser that forbids it: the page works, only not offline.
  }
}

function offer() {
  notify({ id: "version", kind: "", text: "new.version", action: { label: "new.use", run: takeOver } });
}

async function takeOver() {
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  if (!registration?.waiting) {
    location.reload();
    return;
  }
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting.postMessage({ type: "qcart-take-over" });
}
