import { Effect, Exit, Option, type Scope } from "effect"
import type { Platform } from "./platform.ts"
import { type SmtpDialogue, stuffDots } from "./smtpDialogue.ts"

/**
 * What a client knows of a message that it offered. `unknown`: the bytes were sent, but no `250` came back, so it may
 * have been accepted or not. `refused`: the bytes were never sent.
 */
export type Fate = "accepted" | "unknown" | "refused"

export interface Offer {
  /** Without angle brackets. The same bytes offered twice have the same. */
  readonly messageId: string
  readonly recipients: ReadonlyArray<string>
  readonly bytes: Uint8Array
  fate: Fate
  /** The reply that decided it; "" where the connection ended first. */
  reply: string
}

export const newOffer = (letter: Pick<Offer, "messageId" | "recipients" | "bytes">): Offer => ({
  ...letter,
  fate: "refused",
  reply: ""
})

/** Every n-th message is large enough to take the way of streams. */
const largeEvery = 29
const largeBytes = 600_000
/** Every n-th message is the one before it once more, byte for byte. */
const repeatEvery = 6
/** Every n-th message answers the one before it, so that the two cannot share a commit. */
const replyEvery = 4

/**
 * An endless supply of letters to subsets of `addresses`: small ones and large ones, answers, and repeated bytes.
 * `name` keeps the Message-IDs of several supplies apart.
 */
export const makeLetters = (name: string, addresses: ReadonlyArray<string>) => {
  let count = 0
  let last: Pick<Offer, "messageId" | "recipients" | "bytes"> | undefined
  return (): Pick<Offer, "messageId" | "recipients" | "bytes"> => {
    count += 1
    if (last !== undefined && count % repeatEvery === 0) return last
    const subset = 1 + ((count * 7) % (2 ** addresses.length - 1))
    const messageId = `${name}.${count}@elsewhere.test`
    last = {
      messageId,
      recipients: addresses.filter((_, bit) => (subset & (2 ** bit)) !== 0),
      bytes: letter({
        messageId,
        from: "sender@elsewhere.test",
        answers: count % replyEvery === 0 ? last?.messageId : undefined,
        sizeBytes: count % largeEvery === 0 ? largeBytes : 200 + ((count * 977) % 6000)
      })
    }
    return last
  }
}

/** A message (RFC 5322) with CRLF lines, of about `sizeBytes`. */
export const letter = (about: {
  readonly messageId: string
  readonly from: string
  readonly answers?: string | undefined
  readonly sizeBytes: number
}): Uint8Array => {
  const head = [
    `From: A Sender <${about.from}>`,
    "To: undisclosed-recipients:;",
    `Subject: Letter ${about.messageId.split("@")[0]}`,
    "Date: Mon, 23 Nov 2026 12:00:00 +0000",
    `Message-ID: <${about.messageId}>`,
    ...(about.answers === undefined ? [] : [`In-Reply-To: <${about.answers}>`])
  ]
  const line = ".A line that begins with a dot and holds nothing of interest to anybody.\r\n"
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${line.repeat(Math.ceil(about.sizeBytes / line.length))}`)
}

/** Offers it once; a lost connection is an answer too. Returns the class of the last reply, "" where there was none. */
export const offerOver = (
  dialogue: SmtpDialogue,
  offer: Offer,
  protocol: "smtp" | "lmtp" = "smtp"
): Effect.Effect<string> =>
  Effect.gen(function* () {
    const { recipients, bytes } = offer
    const before = [
      "MAIL FROM:<sender@elsewhere.test>",
      ...recipients.map((address) => `RCPT TO:<${address}>`)
    ]
    for (const command of before) {
      offer.reply = yield* dialogue.ask(command)
      if (!offer.reply.startsWith("250")) return yield* giveUp(dialogue, offer)
    }
    offer.reply = yield* dialogue.ask("DATA")
    if (!offer.reply.startsWith("354")) return yield* giveUp(dialogue, offer)
    offer.fate = "unknown"
    yield* dialogue.send(Buffer.concat([stuffDots(bytes), Buffer.from(".\r\n")]))
    offer.reply = yield* dialogue.reply
    if (offer.reply.startsWith("250")) offer.fate = "accepted"
    // RFC 2033 4.2: one reply for each recipient.
    if (protocol === "lmtp" && offer.reply !== "") {
      for (const _ of recipients.slice(1)) yield* dialogue.reply
    }
    return offer.reply.slice(0, 3)
  })

const giveUp = (dialogue: SmtpDialogue, offer: Offer) =>
  Effect.as(offer.reply === "" ? Effect.void : dialogue.ask("RSET"), offer.reply.slice(0, 3))

/** A greeted connection; none where nobody listens or the greeting is a refusal. */
export const connectTo = (
  platform: Platform,
  protocol: "smtp" | "lmtp" = "smtp"
): Effect.Effect<Option.Option<SmtpDialogue>, never, Scope.Scope> =>
  Effect.map(Effect.exit(protocol === "smtp" ? platform.smtp : platform.lmtp), (exit) =>
    Exit.isSuccess(exit) ? Option.some(exit.value) : Option.none()
  )
