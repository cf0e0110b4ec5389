// The service worker of the drivers' pages. It keeps files that say nothing about anybody: the empty page that stands in
// when the portal cannot be reached, with its style and scripts. The address that serves it puts FILES and VERSION above.
const KEPT = `run-sheet-${VERSION}`;
const SHELL = FILES[0];
const PATIENCE = 10000; // ms
const HELD_FOR = 60000; // ms

const fill = async () => {
  const cache = await caches.open(KEPT);
  await cache.addAll(FILES.map((file) => new Request(file, { credentials: "omit", cache: "reload" })));
};
const tidy = async () => {
  for (const name of await caches.keys()) if (name.startsWith("run-sheet-") && name !== KEPT) await caches.delete(name);
};

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(tidy().then(() => self.clients.claim())));

const impatient = () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error("too slow")), PATIENCE));
const page = async (request) => {
  try {
    const answer = await Promise.race([fetch(request), impatient()]);
    if (answer.status < 500) return answer;
  } catch {
    // no network
  }
  return caches.match(SHELL);
};
const file = async (request) => (await caches.match(request)) || fetch(request);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (FILES.includes(pathname)) event.respondWith(file(request));
});

// The key of an unlocked sheet goes from one page to the next through the memory of this worker: once, within a minute.
let held = null;
self.addEventListener("message", (event) => {
  const { data, ports } = event;
  // A page that was on its way while this worker came up is not claimed with the others: it asks.
  if (data.claim) return event.waitUntil(self.clients.claim());
  if (data.give) ports[0].postMessage(held && held.run === data.give ? held.key : null);
  held = data.hold || null;
  setTimeout(() => (held = null), HELD_FOR);
});
