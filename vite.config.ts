import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import { defineConfig, type Plugin } from "vite"

const root = fileURLToPath(new URL("web", import.meta.url))
const outDir = fileURLToPath(new URL("dist/web", import.meta.url))

/** Writes `.br` and `.gz` beside what shrinks, so that the server never compresses a page while somebody waits. */
const precompress: Plugin = {
  name: "precompress",
  apply: "build",
  closeBundle() {
    for (const name of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
      const file = join(outDir, name)
      if (!/\.(js|css|svg|webmanifest)$/.test(name) || statSync(file).size < 1024) continue
      const bytes = readFileSync(file)
      writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
      writeFileSync(
        `${file}.br`,
        brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
      )
    }
  }
}

/** Tells the worker of mail what belongs to this build: all but the console, which is no page of mail. */
const listFiles: Plugin = {
  name: "list-files",
  apply: "build",
  closeBundle() {
    const file = join(outDir, "mail-worker.js")
    const assets = readdirSync(join(outDir, "assets")).filter((name) => !/^(ConsolePage|SignIn)-/.test(name))
    const files = [...assets.sort().map((name) => `/assets/${name}`), "/favicon.svg", "/mail.webmanifest"]
    const build = createHash("sha256").update(files.join()).digest("base64url").slice(0, 16)
    const written = readFileSync(file, "utf8")
      .replace('["__FILES__"]', JSON.stringify(files))
      .replace("__BUILD__", build)
    writeFileSync(file, written)
  }
}

export default defineConfig({
  root,
  plugins: [listFiles, precompress],
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2023",
    // What needs what: the test of the budget reads it.
    manifest: true,
    modulePreload: { polyfill: false },
    // A picture inside a script would need `data:` in the content security policy.
    assetsInlineLimit: 0
  },
  // `npm run web`: the pages as one writes them, over a Postroom that runs beside.
  server: { proxy: { "^/postroom\\.": "http://127.0.0.1:8080" } }
})
