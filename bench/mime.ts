// MIME reading: our reader beside mailparser, and byte ranges beside separate part objects.
// Run: npx tsx bench/mime.ts   (medians and ratios; the machine matters, the ratios less)
import { mkdtempSync, rmSync } from "node:fs"
import { open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { simpleParser } from "mailparser"
import { decodePart } from "../src/protocols/mime/decode.ts"
import { readMessage } from "../src/protocols/mime/readMessage.ts"

const words =
  "the road of a message is short and nothing on it is lost by anybody who keeps the record".split(" ")

const prose = (length: number): string => {
  const out: Array<string> = []
  for (let i = 0, size = 0; size < length; i++) {
    const word = words[(i * 7) % words.length] ?? ""
    out.push(i % 12 === 11 ? `${word}.\r\n` : `${word} `)
    size += word.length + 1
  }
  return out.join("")
}

const base64 = (length: number): string =>
  Buffer.alloc(Math.floor((length * 3) / 4.1), 0x5a)
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n")

const header = [
  ...Array.from(
    { length: 5 },
    (_, i) =>
      `Received: from relay${i}.example.test (relay${i}.example.test [192.0.2.${i}])\r\n\tby mx.demo.test`
  ),
  `DKIM-Signature: v=1; a=rsa-sha256; d=example.test; s=s1;\r\n\tb=${base64(300).replaceAll("\r\n", "\r\n\t")}`,
  "From: =?utf-8?q?J=C3=BCrgen?= Ott <j.ott@example.test>",
  "To: Alice <alice@demo.test>, Bob <bob@demo.test>",
  "Subject: Re: =?utf-8?B?R3LDvMOfZQ==?= from the road",
  "Message-ID: <1@example.test>",
  "References: <-1@example.test> <0@example.test>",
  "Date: Mon, 1 Jan 2024 00:00:00 +0000",
  "MIME-Version: 1.0"
].join("\r\n")

/** Plain and HTML text of `textLength` together, and one attachment of `attachmentLength`, as encoded octets. */
const sample = (textLength: number, attachmentLength: number): Buffer =>
  Buffer.from(
    [
      header,
      "Content-Type: multipart/mixed; boundary=mix",
      "",
      "--mix",
      "Content-Type: multipart/alternative; boundary=alt",
      "",
      "--alt",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      prose(textLength / 3),
      "--alt",
      "Content-Type: text/html; charset=utf-8",
      "",
      `<html><body>${prose((textLength * 2) / 3).replaceAll("\r\n", "<br></p>\r\n<p style='margin:0'>")}</body></html>`,
      "--alt--",
      "--mix",
      "Content-Type: application/pdf; name=report.pdf",
      "Content-Disposition: attachment; filename=report.pdf",
      "Content-Transfer-Encoding: base64",
      "",
      base64(attachmentLength),
      "--mix--",
      ""
    ].join("\r\n")
  )

const samples: ReadonlyArray<readonly [name: string, raw: Buffer]> = [
  ["10 KB, text", sample(7_000, 0)],
  ["45 KB, text and picture", sample(15_000, 24_000)],
  ["100 KB", sample(25_000, 65_000)],
  ["5 MB", sample(25_000, 5_000_000)]
]

const median = (values: Array<number>): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** Median milliseconds of one call, over rounds of about 50 ms each, after half a second to warm up. */
const measure = async (run: () => unknown): Promise<number> => {
  const once = async (count: number) => {
    const start = performance.now()
    for (let i = 0; i < count; i++) await run()
    return (performance.now() - start) / count
  }
  for (const start = performance.now(); performance.now() - start < 500; ) await once(5)
  const first = await once(5)
  const count = Math.max(1, Math.round(50 / first))
  const rounds: Array<number> = []
  for (let i = 0; i < 11; i++) rounds.push(await once(count))
  return median(rounds)
}

/** The same in CPU time of the process, which a busy machine disturbs less. */
const measureCpu = async (run: () => unknown): Promise<number> => {
  const once = async (count: number) => {
    const start = process.cpuUsage()
    for (let i = 0; i < count; i++) await run()
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000 / count
  }
  const wall = await measure(run)
  const rounds: Array<number> = []
  for (let i = 0; i < 11; i++) rounds.push(await once(Math.max(1, Math.round(100 / wall))))
  return median(rounds)
}

const ms = (value: number): string => `${value.toFixed(3)} ms`

const readers = async () => {
  for (const [name, raw] of samples) {
    const ours = await measureCpu(() => readMessage(raw))
    const theirs = await measureCpu(() => simpleParser(raw))
    console.log(
      `${name} (${raw.length} B), CPU: readMessage ${ms(ours)}, mailparser ${ms(theirs)}, ratio ${(theirs / ours).toFixed(1)}`
    )
  }
}

/** One file as a blob store writes it: write, fsync, close. */
const store = async (path: string, bytes: Uint8Array) => {
  const file = await open(path, "w")
  await file.write(bytes)
  await file.sync()
  await file.close()
}

const rangesOrParts = async () => {
  const folder = mkdtempSync(join(tmpdir(), "postroom-mime-"))
  for (const [name, raw] of samples) {
    const { parts } = readMessage(raw)
    const leaves = parts.filter((part) => !part.type.startsWith("multipart/"))
    const bodies = leaves.map((part) => decodePart(raw.subarray(part.bodyStart, part.bodyEnd), part))
    const whole = () => store(join(folder, "message"), raw)
    const one = await measure(whole)
    const all = await measure(() =>
      Promise.all([whole(), ...bodies.map((body, i) => store(join(folder, `part${i}`), body))])
    )
    const bytes = bodies.reduce((sum, body) => sum + body.length, 0)
    const part = leaves.at(-1)
    const file = await open(join(folder, "message"), "r")
    const ranged = await measure(async () => {
      if (part === undefined) return
      const range = Buffer.allocUnsafe(part.sizeBytes)
      await file.read(range, 0, range.length, part.bodyStart)
      decodePart(range, part)
    })
    const again = await measure(() => readMessage(raw))
    await file.close()
    console.log(
      `${name}: store message ${ms(one)}, with ${bodies.length} parts ${ms(all)} and ${bytes} B more; ` +
        `read last part by range ${ms(ranged)}, parsing again would add ${ms(again)}`
    )
  }
  rmSync(folder, { recursive: true })
}

await readers()
await rangesOrParts()
