import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { allowedAttributes, allowedTags } from "../../web/src/mail/body/allowed.ts"
import { hasChromium } from "../support/browser.ts"
import { act } from "../support/console.ts"
import { handMade } from "../support/handMadeHtml.ts"
import { corpusHtml, hasHostileHtml, hostileFixtures, type NamedHtml } from "../support/hostileHtml.ts"
import { asScript, type BodyWindow, html, openBodies } from "../support/mailBody.ts"

class Shown extends Context.Tag("test/mailBody/Shown")<Shown, BodyWindow>() {
  static readonly layer = Layer.scoped(
    Shown,
    Effect.flatMap(openBodies(), (open) => open())
  )
}

const patience = 120_000

/** Documents that are put into the frame without a look between them. */
const batch = 16

/** Everything around the message, as far as a style or a script of it could change it. */
const surroundings = `JSON.stringify([
  location.href, document.title, document.documentElement.getAttributeNames(),
  document.body.children.length, frames.length,
  ...["html", "body", "h1", "main"].map((name) => {
    const { color, backgroundColor, position, fontSize, display, visibility } = getComputedStyle(document.querySelector(name))
    return [color, backgroundColor, position, fontSize, display, visibility]
  })
])`

/** What stands in the frame that may not. */
const strangers = (tags: ReadonlyArray<string>, attributes: ReadonlyArray<string>) => `(() => {
  const inside = document.querySelector("iframe").contentDocument
  const tags = new Set(${asScript([...tags, "summary"])})
  const attributes = new Set(${asScript([...attributes, "target", "rel", "referrerpolicy", "aria-label"])})
  return [...inside.body.querySelectorAll("*")].flatMap((element) => [
    ...(tags.has(element.localName) && element.namespaceURI === "http://www.w3.org/1999/xhtml" ? [] : [element.localName]),
    ...element.getAttributeNames().filter((name) => !attributes.has(name) && !name.startsWith("aria-")),
    ...["href", "src"].filter((name) => /^\\s*(javascript|vbscript|data:text|file)/i.test(element.getAttribute(name) ?? ""))
  ])
})()`

/** Shows one after the other; what was wrong with each, by its name. */
const judged = (documents: ReadonlyArray<NamedHtml>) =>
  Effect.gen(function* () {
    const { page, show, incidents } = yield* Shown
    const wrong: Array<string> = []
    yield* show(html("harmless"))
    const before = yield* act(() => page.evaluate(surroundings))
    const look = strangers(allowedTags, allowedAttributes)
    for (const { name, html: text } of documents) {
      incidents.length = 0
      yield* show(html(text))
      const [after, found] = yield* act(() =>
        page.evaluate<[unknown, ReadonlyArray<string>]>(`[${surroundings}, ${look}]`)
      )
      wrong.push(...incidents.map((incident) => `${name}: ${incident}`))
      wrong.push(...found.map((stranger) => `${name}: ${stranger}`))
      if (after !== before) wrong.push(`${name}: ${after} instead of ${before}`)
    }
    return wrong
  })

describe.skipIf(!hasChromium)("hostile mail in a browser (needs Debian's chromium)", () => {
  layer(Shown.layer, { excludeTestServices: true, timeout: "1 minute" })((it) => {
    it.effect(
      "what could ask somebody, ask for something, or paint over the page does nothing",
      () => Effect.map(judged(handMade), (wrong) => assert.deepStrictEqual(wrong, [])),
      patience
    )

    it.effect.skipIf(!hasHostileHtml)(
      "what sanitisers were tricked with does nothing (needs ../shared)",
      () => Effect.map(judged(hostileFixtures()), (wrong) => assert.deepStrictEqual(wrong, [])),
      patience
    )

    it.effect.skipIf(!hasHostileHtml)(
      "real mail and spam does nothing, one in ten (needs ../shared)",
      () => Effect.map(judged(corpusHtml(10)), (wrong) => assert.deepStrictEqual(wrong, [])),
      patience
    )

    it.effect(
      "the frame holds where the sanitiser is not asked",
      () =>
        Effect.gen(function* () {
          const { page, show, incidents } = yield* Shown
          const documents = [...handMade, ...(hasHostileHtml ? hostileFixtures() : [])].map(
            ({ html }) => html
          )
          yield* show(html("harmless"))
          const before = yield* act(() => page.evaluate(surroundings))
          incidents.length = 0
          for (let from = 0; from < documents.length; from += batch) {
            const some = documents.slice(from, from + batch)
            yield* act(() =>
              page.evaluate(`(async () => {
                for (const markup of ${asScript(some)}) {
                  document.querySelector("iframe").contentDocument.documentElement.innerHTML = markup
                  await new Promise(requestAnimationFrame)
                }
              })()`)
            )
            assert.deepStrictEqual(incidents, [], asScript(some))
          }
          assert.strictEqual(yield* act(() => page.evaluate(surroundings)), before)
        }),
      patience
    )

    it.effect(
      "all this would be noticed",
      () =>
        Effect.gen(function* () {
          const { page, incidents } = yield* Shown
          incidents.length = 0
          const dialog = page.waitForEvent("dialog")
          const request = page.waitForEvent("requestfailed")
          yield* act(() =>
            page.evaluate(
              `void setTimeout(() => alert("hello")); void fetch("http://elsewhere.test/").catch(() => 0)`
            )
          )
          yield* act(() => Promise.race([dialog, request]))
          yield* act(() => dialog)
          assert.include(incidents, "dialog hello")
          const before = yield* act(() => page.evaluate(surroundings))
          yield* act(() => page.evaluate(`document.querySelector("h1").style.color = "red"`))
          assert.notStrictEqual(yield* act(() => page.evaluate(surroundings)), before)
        }),
      patience
    )
  })
})
