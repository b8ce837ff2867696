// Gives the page of mail where there is no way to the server. Written by hand, and kept small: a mistake here is kept by
// every browser. It holds nothing but what anybody may fetch: no mail, no answers of calls.
//
// - The page itself comes from the server wherever that answers, so nobody stays on old pages; kept is the last one.
// - What is named after its content never changes: kept for as long as this build is, or the one before.

/** All of this build that a page of mail may ask for; `npm run build` writes it. */
const files = JSON.parse('["__FILES__"]')
/** Another one with every build. */
const build = "postroom-__BUILD__"
const shell = "/mail"
/** Milliseconds that a server has to answer before the kept page is shown. */
const patience = 8_000

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(build)
      .then((cache) => cache.addAll([...files, shell]))
      .then(() => self.skipWaiting())
  )
})

/** Pages that are open may still ask for what the build before had. */
const forget = async () => {
  const ours = (await caches.keys()).filter((name) => name.startsWith("postroom-") && name !== build)
  await Promise.all(ours.slice(0, -1).map((name) => caches.delete(name)))
  await self.clients.claim()
}

self.addEventListener("activate", (event) => event.waitUntil(forget()))

const keptShell = async () => (await (await caches.open(build)).match(shell)) ?? Response.error()

/** Not a redirect, which would take its cookies and its way with it. */
const isPage = (response) => response.ok && !response.redirected && response.type === "basic"

const page = async (request) => {
  const asked = fetch(request)
  const late = new Promise((resolve) => setTimeout(() => resolve(null), patience))
  const response = await Promise.race([asked, late]).catch(() => null)
  if (response === null || response.status >= 500) return keptShell()
  if (isPage(response)) await (await caches.open(build)).put(shell, response.clone())
  return response
}

const file = async (request) => (await caches.match(request)) ?? fetch(request)

self.addEventListener("fetch", (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== "GET" || origin !== self.location.origin) return
  if (request.mode === "navigate" && (pathname === shell || pathname.startsWith(`${shell}/`)))
    event.respondWith(page(request))
  else if (pathname.startsWith("/assets/") || files.includes(pathname)) event.respondWith(file(request))
})
