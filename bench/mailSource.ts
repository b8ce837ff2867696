// The mails of the benches: same seed, same bytes; the kinds and sizes of an office's day.

export const profiles = ["10k", "45k"] as const
/** `10k`: texts of about 10 KB. `45k`: what mailboxes hold, median 15 KB, mean about 45 KB, with attachments. */
export type Profile = (typeof profiles)[number]

/** One mail with CRLF lines of which none begins with a dot, so that it goes over the wire as it is. */
export interface Mail {
  readonly sender: string
  readonly recipient: string
  /** Its own header fields. */
  readonly head: Buffer
  /** From MIME-Version to the end; shared between mails. */
  readonly rest: Buffer
}

export interface MailOptions {
  readonly profile: Profile
  readonly count: number
  readonly seed: number
  /** Recipients are `user0@demo.test` and on, in turn. */
  readonly users: number
}

/** `count` mails; distinct in their header, with `distinctBodies` bodies between them. */
export const makeMails = ({ profile, count, seed, users }: MailOptions): ReadonlyArray<Mail> => {
  const random = mulberry32(seed)
  const bodies = Array.from({ length: Math.min(count, distinctBodies) }, (_, index) =>
    bodyOf(profile, index / distinctBodies, random)
  )
  return Array.from({ length: count }, (_, index) => {
    const sender = `${pick(words, random)}.${pick(words, random)}@${pick(domains, random)}`
    const recipient = `user${index % users}@demo.test`
    return {
      sender,
      recipient,
      head: Buffer.from(headOf({ index, seed, sender, recipient, users }, random)),
      rest: bodies[Math.floor(random() * bodies.length)] ?? Buffer.alloc(0)
    }
  })
}

const distinctBodies = 200

const words =
  "road message short nothing lost anybody keeps record office plan meeting answer letter number report week table offer paper price order change reason people water summer house window garden bridge market language question morning picture season island".split(
    " "
  )
const domains = ["example.net", "example.org", "mail.example.com", "news.example.com", "partner.example"]

/** Mulberry32 by Tommy Ettinger (public domain): 32 bits of state are enough for test mails. */
const mulberry32 = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const pick = <A>(from: ReadonlyArray<A>, random: () => number): A | string =>
  from[Math.floor(random() * from.length)] ?? ""

const prose = (bytes: number, random: () => number, lineEnd = "\r\n"): string => {
  const lines: Array<string> = []
  for (let size = 0; size < bytes; ) {
    const line = Array.from({ length: 11 }, () => pick(words, random)).join(" ")
    lines.push(line)
    size += line.length + lineEnd.length
  }
  return lines.join(lineEnd) + lineEnd
}

const noise = (bytes: number, random: () => number): string => {
  const raw = Buffer.allocUnsafe(Math.floor((bytes * 57) / 78))
  for (let at = 0; at < raw.length; at++) raw[at] = Math.floor(random() * 256)
  return raw
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n")
    .replace(/[^\n]$/, "$&\r\n")
}

const plain = (bytes: number, random: () => number): string =>
  `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n${prose(bytes, random)}`

const alternative = (bytes: number, random: () => number): string => {
  const html = `<html><body style="margin:0">\r\n<p>${prose(bytes * 0.65, random, "</p>\r\n<p>")}</p></body></html>\r\n`
  return multipart("alternative", [
    plain(bytes * 0.3, random),
    `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n${html}`
  ])
}

const attachment = (bytes: number, random: () => number): string =>
  `Content-Type: application/pdf; name="${pick(words, random)}.pdf"\r\n` +
  `Content-Disposition: attachment; filename="${pick(words, random)}.pdf"\r\n` +
  `Content-Transfer-Encoding: base64\r\n\r\n${noise(bytes, random)}`

const picture = (bytes: number, random: () => number): string =>
  `Content-Type: image/png\r\nContent-ID: <logo@example.net>\r\nContent-Disposition: inline\r\n` +
  `Content-Transfer-Encoding: base64\r\n\r\n${noise(bytes, random)}`

const multipart = (subtype: string, parts: ReadonlyArray<string>): string => {
  const boundary = `=_${subtype}_b0und`
  const inside = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join("")
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${inside}--${boundary}--\r\n`
}

/** `share` in [0, 1) says which of the profile's kinds it is, so that every run has the same mixture. */
const bodyOf = (profile: Profile, share: number, random: () => number): Buffer => {
  const between = (low: number, high: number) => low + random() * (high - low)
  const text = (): string => {
    if (profile === "10k")
      return share < 0.4 ? plain(between(6_000, 11_000), random) : alternative(between(6_000, 11_000), random)
    if (share < 0.3) return plain(between(1_500, 8_000), random)
    if (share < 0.65) return alternative(between(8_000, 30_000), random)
    if (share < 0.8)
      return multipart("related", [
        alternative(between(8_000, 25_000), random),
        picture(between(10_000, 50_000), random)
      ])
    return multipart("mixed", [
      alternative(between(3_000, 12_000), random),
      attachment(between(20_000, 270_000), random)
    ])
  }
  return Buffer.from(`MIME-Version: 1.0\r\n${text()}`)
}

const headOf = (
  {
    index,
    seed,
    sender,
    recipient,
    users
  }: {
    readonly index: number
    readonly seed: number
    readonly sender: string
    readonly recipient: string
    readonly users: number
  },
  random: () => number
): string => {
  const date = new Date(Date.UTC(2026, 0, 1) + index * 1000).toUTCString().replace("GMT", "+0000")
  const idOf = (n: number) => `<${seed}.${n}@bench.example>`
  const earlier = index - users
  // A third answers the mail before in the same mailbox.
  const isAnswer = earlier >= 0 && random() < 0.33
  const subject = `${isAnswer ? "Re: " : ""}${pick(words, random)} ${pick(words, random)} ${pick(words, random)}`
  const hops = Array.from(
    { length: 3 },
    (_, hop) =>
      `Received: from mx${hop}.example.net (mx${hop}.example.net [192.0.2.${hop + 1}])\r\n` +
      `\tby relay${hop}.example.net with ESMTPS id ${seed}x${index}y${hop}\r\n\tfor <${recipient}>; ${date}\r\n`
  ).join("")
  const signature = noise(340, random).trimEnd().replaceAll("\r\n", "\r\n\t")
  return (
    `${hops}DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=s1;\r\n\th=from:to:subject;\r\n\tb=${signature}\r\n` +
    `Message-ID: ${idOf(index)}\r\nDate: ${date}\r\nFrom: "${pick(words, random)} ${pick(words, random)}" <${sender}>\r\n` +
    `To: <${recipient}>\r\nSubject: ${subject}\r\n` +
    (isAnswer ? `In-Reply-To: ${idOf(earlier)}\r\nReferences: ${idOf(earlier)}\r\n` : "")
  )
}
