import { readFileSync } from "node:fs"
import { deflateSync } from "node:zlib"
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import { openMessage } from "../../src/protocols/owa/rows.ts"
import { awaited } from "../support/awaited.ts"
import { axeFindings, complaintsOf, hasChromium, seen } from "../support/browser.ts"
import { act, overflow } from "../support/console.ts"
import { mountedProxy } from "../support/imageProxy.ts"
import { type BodyWindow, html, type Look, type OpenBody, openBodies, plain } from "../support/mailBody.ts"
import { messageParts, viewOf } from "../support/owa/messageParts.ts"
import { attached, mixed, part } from "../support/owa/mixedMail.ts"
import { webhookServer } from "../support/webhookServer.ts"
import { zipEntries } from "../support/zipEntries.ts"

class World extends Context.Tag("test/mailBody/World")<
  World,
  { readonly open: OpenBody; readonly remote: string }
>() {
  static readonly layer = Layer.scoped(
    World,
    Effect.gen(function* () {
      const server = yield* webhookServer((response, { path }) =>
        path.startsWith("/gone") ? response.writeHead(404).end() : response.writeHead(200).end(redSquare)
      )
      const { handle } = yield* mountedProxy()
      const parts = yield* messageParts(withFiles)
      // Whoever opens the harness is signed in as Ann.
      const open = yield* openBodies([
        (request, response) => {
          request.headers.cookie = "session=ann"
          return handle(request, response) || parts(request, response)
        }
      ])
      return { open, remote: `http://pictures.test:${server.port}` }
    })
  )
}

const opened = (look: Look = {}): Effect.Effect<BodyWindow, never, World | Scope.Scope> =>
  Effect.flatMap(World, ({ open }) => open(look))

/** 120 × 40 pixels of red as PNG. */
const redSquare = (() => {
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const header = Buffer.from([0, 0, 0, 120, 0, 0, 0, 40, 8, 2, 0, 0, 0])
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(120 * 3, Buffer.from([200, 30, 30]))])
  const lines = Buffer.concat(Array.from({ length: 40 }, () => line))
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1")
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", Buffer.alloc(0))
  ])
})()

/** PNG, annex D. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}

/** A message with a picture in its text, and files. */
const withFiles = mixed([
  [
    "Content-Type: multipart/related; boundary=r",
    "",
    "--r",
    part(["Content-Type: text/html"], '<p>Hello <img id="logo" src="cid:logo@x">'),
    "--r",
    part(["Content-Type: image/png; name=logo.png", "Content-ID: <logo@x>"], redSquare),
    "--r--"
  ].join("\r\n"),
  part(attached("photo.png", "image/png"), redSquare),
  part(attached("notes.txt", "text/plain; charset=iso-8859-1"), Buffer.from("Grüße <b>", "latin1")),
  part(attached("invoice\u202efdp.exe", "application/pdf"), "MZ"),
  part(attached("no picture.png", "image/png"), "<script>alert(1)</script>")
])

const patience = 60_000

/** By how many pixels the message is higher than its frame. */
const hidden = `document.documentElement.scrollHeight - document.documentElement.clientHeight`

/** A browser without a screen prints nothing: what would be printed is kept, and told to be done. */
const standInForPrinter = `(window.printed = []) && new MutationObserver(([{ addedNodes: [frame] }]) =>
  frame?.addEventListener("load", () => {
    frame.contentWindow.print = () => {
      const text = frame.contentDocument.body.innerText.trim().replace(/\\s+/g, " ")
      const may = (what) => frame.sandbox.contains(what)
      printed.push({ mayOpenWindows: may("allow-modals"), mayRunScripts: may("allow-scripts"), text })
      frame.contentWindow.dispatchEvent(new Event("afterprint"))
    }
  }, true)
).observe(document.body, { childList: true }) === undefined`

const until = (what: string, check: Effect.Effect<unknown>) =>
  awaited(what, Effect.repeat(check, { until: (value) => value === true }), check)

describe.skipIf(!hasChromium)("a message body in a browser (needs Debian's chromium)", () => {
  layer(World.layer, { excludeTestServices: true, timeout: "1 minute" })((it) => {
    it.scoped(
      "remote pictures are counted and not fetched, then come through the proxy when they are asked for",
      () =>
        Effect.gen(function* () {
          const { remote } = yield* World
          const { page, show, inside, incidents } = yield* opened()
          yield* show(
            html(`<img id=a src="${remote}/a.png"><img src="${remote}/a.png"><img id=gone src="${remote}/gone">
              <div id=b style="background: url('${remote}/b.png')">text</div><style>#c { background-image: url(${remote}/c.png) }</style>
              <p id=c>x</p><img id=inline src="cid:logo@example.org"><img id=none src="cid:missing">`)
          )
          yield* seen(page, /4 pictures are not loaded/)
          yield* until("the part", inside(`document.querySelector("#inline").naturalWidth === 2`))
          assert.isNull(yield* inside(`document.querySelector("#none").getAttribute("src")`))
          assert.isNull(yield* inside(`document.querySelector("#a").getAttribute("src")`))
          yield* act(() => page.getByRole("button", { name: "Load pictures" }).click())
          yield* seen(page, /1 picture could not be loaded/)
          assert.strictEqual(yield* inside(`document.querySelector("#a").naturalWidth`), 120)
          for (const id of ["b", "c"]) {
            const image = yield* inside(`getComputedStyle(document.querySelector("#${id}")).backgroundImage`)
            assert.match(String(image), /^url\("blob:/)
          }
          assert.deepStrictEqual(incidents, [])
          assert.deepStrictEqual(complaintsOf(page), [])
        }),
      patience
    )

    it.scoped(
      "pictures of a trusted sender are fetched at once",
      () =>
        Effect.gen(function* () {
          const { remote } = yield* World
          const { show, inside } = yield* opened()
          yield* show(html(`<img src="${remote}/a.png">`), true)
          yield* until("the picture", inside(`document.images[0].naturalWidth === 120`))
        }),
      patience
    )

    it.scoped(
      "links open pages that know nothing of this one; where they lead is said, loudly where they say otherwise",
      () =>
        Effect.gen(function* () {
          const { page, show, incidents } = yield* opened()
          yield* show(
            html(`<p><a href="http://links.test/here?a=b">Read on</a> <a href="https://evil.test/">www.bank.test</a>
              <a href="mailto:ann@example.org?subject=Hi">Ann</a> <a href="#end">Down</a><p id=end>End`)
          )
          const frame = page.frameLocator("iframe")
          yield* act(() => frame.getByText("Read on").hover())
          yield* seen(page, "http://links.test/here?a=b")
          yield* act(() => frame.getByText("www.bank.test").focus())
          yield* seen(page, "Careful: this link says www.bank.test and leads to evil.test.")
          yield* act(() => frame.getByText("Ann").click())
          assert.deepStrictEqual(yield* act(() => page.evaluate("harness.heard.mailTo")), [
            "mailto:ann@example.org?subject=Hi"
          ])
          assert.deepStrictEqual(incidents, [])
          const [popup, request] = yield* act(() =>
            Promise.all([
              page.waitForEvent("popup"),
              page.context().waitForEvent("request"),
              frame.getByText("Read on").click()
            ])
          )
          assert.isTrue(yield* act(() => popup.evaluate("window.opener === null")))
          assert.strictEqual(request.url(), "http://links.test/here?a=b")
          assert.notProperty(request.headers(), "referer")
          assert.include(incidents, "request http://links.test/here?a=b")
        }),
      patience
    )

    it.scoped(
      "the frame is as high as its message, whatever that does, and a folded quote opens",
      () =>
        Effect.gen(function* () {
          const { page, show, inside } = yield* opened()
          const quoted = Array.from({ length: 60 }, (_value, line) => `<p>line ${line}</p>`).join("")
          yield* show(
            html(`<p>Yes.</p><div class="gmail_quote"><div>On Monday Ann wrote:</div>${quoted}</div>`)
          )
          const height = () =>
            act(() => page.evaluate<number>(`document.querySelector("iframe").clientHeight`))
          yield* until(
            "all of it to be seen",
            Effect.map(inside(hidden), (more) => more === 0)
          )
          assert.isBelow(yield* height(), 200)
          yield* act(() => page.frameLocator("iframe").getByText("•••").click())
          yield* until(
            "the frame to grow",
            Effect.map(height(), (pixels) => pixels > 1500)
          )
          yield* until(
            "all of it to be seen again",
            Effect.map(inside(hidden), (more) => more === 0)
          )
          yield* show(
            html(`<div style="height:150vh">x</div><style>html,body{height:100%;overflow:hidden}</style>`)
          )
          assert.isBelow(yield* height(), 3000)
          yield* show(html(`<p>short</p>`))
          yield* until(
            "the frame to shrink",
            Effect.map(height(), (pixels) => pixels < 100)
          )
        }),
      patience
    )

    it.scoped(
      "the keys of the page work in a message, and a message is printed from a frame of its own",
      () =>
        Effect.gen(function* () {
          const { page, show } = yield* opened()
          yield* show(html("<p>text"))
          yield* act(() => page.frameLocator("iframe").locator("body").click())
          yield* act(() => page.keyboard.press("j"))
          assert.deepStrictEqual(yield* act(() => page.evaluate("harness.heard.keys")), ["j"])
          yield* act(() => page.evaluate(standInForPrinter))
          yield* act(() => page.evaluate(`harness.print({ _tag: "Text", text: "answer\\n> quoted" })`))
          assert.deepStrictEqual(yield* act(() => page.evaluate("printed")), [
            {
              mayOpenWindows: true,
              mayRunScripts: false,
              text: "Printed From: Ann <ann@example.org> answer quoted"
            }
          ])
          assert.strictEqual(yield* act(() => page.locator("iframe").count()), 1)
          assert.deepStrictEqual(complaintsOf(page), [])
        }),
      patience
    )

    it.scoped(
      "plain text keeps its lines, its quotes nest, its addresses are links, and each paragraph has its direction",
      () =>
        Effect.gen(function* () {
          const { show, inside, picture } = yield* opened()
          yield* show(
            plain(
              "Hello  <b>you</b>,\nsee (https://example.org/a_(b)). Or ann@example.org!\n> > deep\n> one\n\nشكرا جزيلا لك\n"
            )
          )
          assert.strictEqual(yield* inside(`document.querySelector("b")`), null)
          assert.deepStrictEqual(yield* inside(`[...document.links].map(({ href }) => href)`), [
            "https://example.org/a_(b)",
            "mailto:ann@example.org"
          ])
          assert.strictEqual(yield* inside(`document.querySelectorAll("blockquote").length`), 2)
          assert.strictEqual(
            yield* inside(`document.querySelector("blockquote blockquote").textContent`),
            "deep"
          )
          yield* picture("plain")
          yield* show(plain("Re: שלום לכולם, זאת הודעה בעברית"))
          assert.strictEqual(yield* inside(`document.body.dir`), "rtl")
        }),
      patience
    )

    it.scoped(
      "in the dark theme text takes its colours, and a design stands on paper",
      () =>
        Effect.gen(function* () {
          const { page, show, inside, picture } = yield* opened({ theme: "dark" })
          const ground = `getComputedStyle(document.documentElement).backgroundColor`
          const colour = (of: string) => inside(`getComputedStyle(document.querySelector("${of}")).color`)
          yield* show(
            html(`<p>bare <a href="https://a.test/">link</a><p id=black style="color: black; background: white">black
              <p id=blue><font color=navy>navy</font>`)
          )
          assert.strictEqual(yield* inside(ground), "rgb(23, 29, 39)")
          assert.notStrictEqual(yield* colour("#black"), "rgb(0, 0, 0)")
          assert.notStrictEqual(yield* colour("font"), "rgb(0, 0, 128)")
          yield* picture("text-dark")
          assert.deepStrictEqual(yield* axeFindings(page), [])
          yield* show(html(`<table bgcolor="#ffeecc"><td><font color=navy id=navy>navy</font></table>`))
          assert.strictEqual(yield* inside(ground), "rgb(255, 255, 255)")
          assert.strictEqual(yield* colour("#navy"), "rgb(0, 0, 128)")
        }),
      patience
    )

    it.scoped(
      "files are listed and looked at, and what is no picture is said to be none",
      () =>
        Effect.gen(function* () {
          const { page, showWhole, inside, incidents, picture } = yield* opened()
          const message = openMessage(viewOf(withFiles))
          yield* showWhole(html(`<p>Hello <img id="logo" src="cid:logo@x">`), message)
          yield* until(
            "the picture in the text",
            inside(`document.querySelector("#logo").naturalWidth === 120`)
          )
          const list = page.getByRole("region", { name: "4 attachments" })
          assert.deepStrictEqual(yield* act(() => list.locator("bdi").allTextContents()), [
            "photo.png",
            "notes.txt",
            "invoicefdp.exe",
            "no picture.png"
          ])
          yield* picture("attachments")
          assert.deepStrictEqual(yield* axeFindings(page), [])
          const look = (name: RegExp) => act(() => list.getByRole("button", { name }).click())
          const dialog = page.getByRole("dialog")
          const close = act(() => dialog.getByRole("button", { name: "Close" }).click())
          yield* look(/^photo/)
          yield* until(
            "the picture",
            act(() =>
              page.evaluate<boolean>(`document.querySelector("[role=dialog] img")?.naturalWidth === 120`)
            )
          )
          assert.deepStrictEqual(yield* axeFindings(page), [])
          yield* close
          yield* look(/^notes/)
          yield* act(() => dialog.getByText("Grüße <b>").waitFor())
          yield* close
          yield* look(/^no picture/)
          yield* act(() => dialog.getByRole("alert").getByText("cannot be shown here").waitFor())
          yield* close
          assert.deepStrictEqual(incidents, [])
          const [saved] = yield* act(() =>
            Promise.all([page.waitForEvent("download"), list.getByRole("link", { name: /^invoice/ }).click()])
          )
          assert.strictEqual(saved.suggestedFilename(), "invoicefdp.exe")
          const [zip] = yield* act(() =>
            Promise.all([page.waitForEvent("download"), list.getByText(/^Download all/).click()])
          )
          assert.strictEqual(zip.suggestedFilename(), "Report.zip")
          const more = async (name: string) => {
            await page.getByRole("button", { name: "More about this message" }).click()
            await page.getByRole("menuitem", { name }).click()
          }
          const [file] = yield* act(() =>
            Promise.all([page.waitForEvent("download"), more("Download as a file")])
          )
          assert.strictEqual(file.suggestedFilename(), "Report.eml")
          const [source] = yield* act(() =>
            Promise.all([page.waitForEvent("popup"), more("Show the source")])
          )
          yield* act(() => source.getByText("Content-Type: multipart/mixed").waitFor())
          assert.deepStrictEqual(
            zipEntries(readFileSync(yield* act(() => zip.path()))).map(({ name }) => name),
            ["photo.png", "notes.txt", "invoicefdp.exe", "no picture.png"]
          )
        }),
      patience
    )

    it.scoped(
      "needs no sideways scrolling of the page at 400 % zoom, and speaks German",
      () =>
        Effect.gen(function* () {
          const { remote } = yield* World
          const { page, showWhole, inside, picture } = yield* opened({ width: 320, language: "de" })
          yield* showWhole(
            html(`<table width=600><tr><td width=300>One column of words<td width=300>and another one</table>
              <img width=600 height=100 src="${remote}/a.png"><p>${"long".repeat(100)}`),
            openMessage(viewOf(withFiles))
          )
          yield* seen(page, /1 Bild ist nicht geladen/)
          yield* seen(page, "5 Anhänge")
          yield* picture("narrow")
          assert.strictEqual(yield* overflow(page), 0)
          const sideways = `document.documentElement.scrollWidth - document.documentElement.clientWidth`
          assert.strictEqual(yield* inside(sideways), 0)
          assert.deepStrictEqual(complaintsOf(page), [])
          assert.deepStrictEqual(yield* axeFindings(page), [])
        }),
      patience
    )
  })
})
