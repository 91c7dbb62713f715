// The service worker: keeps one whole version of the page for use without a network.
//
// A version is stored completely, each file checked against its checksum, before it can take over; until the page
// asks for it, the version that is open stays. It answers requests for the page's own files and refuses all others.

// These three lines are filled in by `cargo xtask`, which knows the files.
const VERSION = "unbuilt";
const ASSETS = [];
const NETWORK_FIRST = false;

const SCOPE = new URL("./", self.location.href);
// Other pages of the same host may keep caches too, and other copies of this one under other paths.
const PREFIX = `qcart ${SCOPE.pathname} `;
const CACHE = PREFIX + VERSION;
const PAGE = new URL("index.html", SCOPE).href;

self.addEventListener("install", (event) => {
  event.waitUntil(store());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

self.addEventListener("message", (event) => {
  if (event.data?.type === "qcart-take-over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== SCOPE.origin) {
    event.respondWith(Response.error());
  } else if (url.href.startsWith(SCOPE.href)) {
    event.respondWith(NETWORK_FIRST ? fromNetwork(request) : fromCache(request));
  }
});

async function store() {
  const cache = await caches.open(CACHE);
  await Promise.all(ASSETS.map(async ([path, integrity]) => {
    // The checksum makes a half-updated host fail the installation instead of mixing two versions.
    const response = await fetch(new URL(path, SCOPE), { integrity, cache: "no-cache" });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await cache.put(new URL(path, SCOPE), response);
  }));
  if (self.registration.active) await tell("qcart-new-version");
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
  await tell("qcart-offline-ready");
}

async function tell(type) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) page.postMessage({ type, version: VERSION });
}

async function fromCache(request) {
  return (await stored(request)) ?? fetch(request);
}

async function fromNetwork(request) {
  try {
    return await fetch(request);
  } catch (problem) {
    const response = await stored(request);
    if (response) return response;
    throw problem;
  }
}

async function stored(request) {
  const cache = await caches.open(CACHE);
  if (request.mode === "navigate" && isPage(request.url)) return cache.match(PAGE);
  return cache.match(request, { ignoreSearch: true });
}

function isPage(address) {
  const url = new URL(address);
  url.search = url.hash = "";
  return url.href === SCOPE.href || url.href === PAGE;
}
