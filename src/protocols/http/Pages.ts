import { createHash, randomBytes } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import type { IncomingMessage, ServerResponse } from "node:http"
import { extname, join, sep } from "node:path"
import { Context, Effect, Layer } from "effect"
import { metrics } from "../../observability/metrics.ts"
import type { Mount } from "./HttpServer.ts"

/** The web pages as they were built. Anybody may fetch them: they hold no data, and every call they make signs in. */
export class Pages extends Context.Tag("postroom/protocols/Pages")<Pages, { readonly handle: Mount }>() {
  /**
   * Reads `folder` once. So no request can name a file that is none of ours, and a running server goes on with the pages
   * that it began with while newer ones are built. Without the folder there are no pages.
   */
  static readonly layer = (folder: string): Layer.Layer<Pages> =>
    Layer.effect(
      Pages,
      Effect.sync(() => {
        const files = readFiles(folder)
        const shell = files.get("/index.html")?.bytes.toString("utf8")
        return Pages.of({
          handle: (request, response) => {
            const path = request.url?.split("?", 1)[0] ?? ""
            const answer = answerFor(path, files, shell)
            if (answer === undefined) return false
            response.once("finish", () =>
              metrics.httpRequests.inc({ route: "pages", code: response.statusCode })
            )
            serve(request, response, answer)
            return true
          }
        })
      })
    )
}

interface File {
  readonly type: string
  readonly bytes: Buffer
  /** By the names of Accept-Encoding, the smallest first. */
  readonly compressed: ReadonlyArray<readonly [encoding: string, bytes: Buffer]>
  readonly etag: string
  /** Its name says what is in it: what is once fetched is never asked for again. */
  readonly isHashed: boolean
  /** A document beside the shell: what messages are put into. */
  readonly isFrame: boolean
}

type Answer =
  | { readonly kind: "shell"; readonly html: string }
  | { readonly kind: "file"; readonly file: File }
  | { readonly kind: "redirect"; readonly to: string }

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".png": "image/png",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2"
}

const readFiles = (folder: string): ReadonlyMap<string, File> => {
  const files = new Map<string, File>()
  if (!existsSync(folder)) return files
  const compressedAs = (file: string, [encoding, ending]: readonly [string, string]) => {
    const path = `${file}.${ending}`
    return existsSync(path) ? [[encoding, readFileSync(path)] as const] : []
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const type = types[extname(name)]
    if (type === undefined) continue
    const bytes = readFileSync(join(folder, name))
    const path = `/${name.split(sep).join("/")}`
    files.set(path, {
      type,
      bytes,
      compressed: [["br", "br"] as const, ["gzip", "gz"] as const].flatMap((way) =>
        compressedAs(join(folder, name), way)
      ),
      etag: `"${createHash("sha256").update(bytes).digest("base64url")}"`,
      isHashed: path.startsWith("/assets/"),
      isFrame: path.endsWith(".html")
    })
  }
  return files
}

/** A page's address names no file: whatever is below it is for the page's own script. */
const isPage = (path: string): boolean => /^\/(console|mail)(\/|$)/.test(path)

const answerFor = (
  path: string,
  files: ReadonlyMap<string, File>,
  html: string | undefined
): Answer | undefined => {
  if (html === undefined) return undefined
  if (path === "/") return { kind: "redirect", to: "/mail" }
  if (isPage(path)) return { kind: "shell", html }
  const file = path === "/index.html" ? undefined : files.get(path)
  return file === undefined ? undefined : { kind: "file", file }
}

/** Nothing but what comes from here; the nonce is for the style elements that the components write rules into. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    // What a script of ours drew itself: the tab's picture with a number.
    "img-src 'self' blob:",
    "font-src 'self'",
    "frame-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    // Gives the page of mail where there is no way to us.
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    // The sanitiser alone may make markup of text, and one worker may be started: ours.
    "trusted-types dompurify postroom-worker"
  ].join("; ")

/**
 * For a frame with somebody else's message: no scripts, no requests, no forms, no navigation of what is around it, also
 * where somebody opens it by its address. Pictures are handed in as `blob:`. The page's own `sandbox` is narrower.
 */
const framePolicy = [
  "default-src 'none'",
  "img-src blob: data:",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-modals"
].join("; ")

const always = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin"
}

const serve = (request: IncomingMessage, response: ServerResponse, answer: Answer): void => {
  const { method } = request
  if (method !== "GET" && method !== "HEAD") {
    response.writeHead(405, { ...always, allow: "GET, HEAD" }).end()
    return
  }
  switch (answer.kind) {
    case "redirect":
      response.writeHead(302, { ...always, location: answer.to, "cache-control": "no-store" }).end()
      return
    case "shell": {
      const nonce = randomBytes(16).toString("base64url")
      response.writeHead(200, {
        ...always,
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy(nonce),
        "cache-control": "no-store"
      })
      response.end(method === "HEAD" ? undefined : answer.html.replace("{{nonce}}", nonce))
      return
    }
    case "file":
      serveFile(request, response, answer.file)
  }
}

const serveFile = (request: IncomingMessage, response: ServerResponse, file: File): void => {
  const accepted = acceptedEncodings(request.headers["accept-encoding"])
  const [encoding, bytes] = file.compressed.find(([name]) => accepted.has(name)) ?? [undefined, file.bytes]
  const headers = {
    ...always,
    etag: file.etag,
    vary: "accept-encoding",
    // Names in links are looked up by who follows them.
    ...(file.isFrame && { "content-security-policy": framePolicy, "x-dns-prefetch-control": "off" }),
    "cache-control": file.isHashed ? "public, max-age=31536000, immutable" : "no-cache"
  }
  if (request.headers["if-none-match"] === file.etag) {
    response.writeHead(304, headers).end()
    return
  }
  response.writeHead(200, {
    ...headers,
    "content-type": file.type,
    "content-length": bytes.length,
    ...(encoding === undefined ? {} : { "content-encoding": encoding })
  })
  response.end(request.method === "HEAD" ? undefined : bytes)
}

/** The codings of RFC 9110 12.5.3 that are not refused by `q=0`. */
const acceptedEncodings = (header: string | ReadonlyArray<string> | undefined): ReadonlySet<string> =>
  new Set(
    String(header ?? "")
      .toLowerCase()
      .split(",")
      .map((part) => part.split(";").map((piece) => piece.trim()))
      .filter(([, weight]) => weight === undefined || !/^q=0(\.0*)?$/.test(weight))
      .flatMap(([name]) => (name === undefined || name === "" ? [] : [name]))
  )
