import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { odditiesOf } from "../../../../src/protocols/mime/compose/lines.ts"
import {
  composeDocument,
  composeWorld,
  itemSource,
  plainMail
} from "../../../support/activesync/composing.ts"
import {
  collectedAddresses,
  collectedMail,
  generatedAt,
  generatedMail,
  hasHostileInput
} from "../../../support/hostileInput.ts"

/** Statuses that a device may be told of a message that it wrote (MS-ASCMD 2.2.2); a limit of Core becomes one. */
const refusals = new Set<number | string>([107, 115, 116, 119, 121, "LimitExceeded"])

type Command = "SendMail" | "SmartReply" | "SmartForward"

/** What is wrong with how the message is taken, or with what was made of it; null = nothing. */
const fault = (command: Command, mime: Uint8Array, original: Uint8Array | null = null) =>
  Effect.gen(function* () {
    const world = composeWorld()
    if (original !== null) world.messages.set(1, original)
    const document = composeDocument(command, mime, original === null ? null : itemSource(1))
    const outcome = yield* world.ask(command, { document }).pipe(
      Effect.map(({ _tag }) => _tag),
      Effect.catchAll((error) => Effect.succeed("status" in error ? error.status : error._tag))
    )
    if (outcome !== "Empty") return refusals.has(outcome) ? null : `${command}: ${outcome}`
    const raw = world.submitted[0]?.raw ?? Buffer.alloc(0)
    const header = raw.subarray(0, Buffer.from(raw).indexOf("\r\n\r\n"))
    const odd = odditiesOf(header)
    const isFit = !odd.hasBareBreaks && !odd.hasNul && !odd.hasLongLines && !odd.hasHighOctets
    return isFit && !odditiesOf(raw).hasBareBreaks ? null : `${command}: unfit`
  })

/** As its author's own message, as a device would send it, and as one that is answered and forwarded. */
const faultsOf = (bytes: Uint8Array, file: string) =>
  Effect.map(
    Effect.all([
      fault("SendMail", Buffer.concat([Buffer.from("To: bob@demo.test\r\n"), bytes])),
      fault("SmartReply", Buffer.from(plainMail()), bytes),
      fault("SmartForward", Buffer.from(plainMail()), bytes)
    ]),
    (found) => found.flatMap((one) => (one === null ? [] : [`${file}: ${one}`]))
  )

describe("messages that nobody should write", () => {
  it.effect(
    "are sent, or refused by a status, whatever octets they are made of",
    () =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(
            fc.uint8Array({ maxLength: 400 }),
            fc.uint8Array({ maxLength: 400 }),
            (mime, original) =>
              Effect.runPromise(
                Effect.gen(function* () {
                  const header = Buffer.from(
                    "To: bob@demo.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                  )
                  const whole = Buffer.concat([header, mime, Buffer.from("\r\n--b--")])
                  assert.isNull(yield* fault("SendMail", mime))
                  assert.isNull(yield* fault("SendMail", whole))
                  assert.isNull(yield* fault("SmartForward", whole, original))
                  assert.isNull(yield* fault("SmartReply", whole, Buffer.concat([header, original])))
                })
              )
          ),
          { numRuns: 100 }
        )
      ),
    60_000
  )

  it.effect.skipIf(!hasHostileInput)(
    "are sent, answered and forwarded in lines that SMTP takes: hostile mail of the shared corpus",
    () =>
      Effect.gen(function* () {
        const folder = yield* generatedAt(0.01)
        const mails = [...generatedMail(folder), ...collectedMail()]
        const faults = yield* Effect.forEach(mails, ({ bytes, file }) => faultsOf(bytes, file))
        assert.deepStrictEqual(faults.flat(), [])
      }).pipe(Effect.scoped),
    600_000
  )

  it.effect.skipIf(!hasHostileInput)("go to no address that is none (shared corpus)", () =>
    Effect.gen(function* () {
      for (const address of collectedAddresses()) {
        const mime = Buffer.from(`To: ${address}\r\nCc: <${address}>\r\n\r\nx`)
        assert.isNull(yield* fault("SendMail", mime), JSON.stringify(address))
      }
    })
  )
})
