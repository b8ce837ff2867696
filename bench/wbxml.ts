// What it costs to write and to read a Sync answer of 512 mail items, by the size of their bodies: CPU time, so that others on the
// machine hardly matter.
//   npx tsx bench/wbxml.ts [--rounds 15]
import { parseArgs } from "node:util"
import { Either } from "effect"
import { decode } from "../src/protocols/activesync/wbxml/decode.ts"
import { type Element, element } from "../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../src/protocols/activesync/wbxml/encode.ts"
import { median } from "./measure/statistics.ts"

const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } })
const itemCount = 512

const mail = (index: number, body: string): Element =>
  element(
    "AirSync:ApplicationData",
    element("Email:To", '"Some Person" <some.person@example.org>'),
    element("Email:From", '"Other Person" <other.person@example.com>'),
    element("Email:Subject", `Re: Grüße Nr. ${index}`),
    element("Email:DateReceived", "2026-11-30T09:00:00.000Z"),
    element("Email:DisplayTo", "Some Person"),
    element("Email:ThreadTopic", "Grüße"),
    element("Email:Importance", 1),
    element("Email:Read", 0),
    element(
      "AirSyncBase:Body",
      element("AirSyncBase:Type", 2),
      element("AirSyncBase:EstimatedDataSize", body.length),
      element("AirSyncBase:Truncated", 0),
      element("AirSyncBase:Data", body),
      element("AirSyncBase:Preview", body.slice(0, 100))
    ),
    element("Email:MessageClass", "IPM.Note"),
    element("Email:InternetCPID", 65_001),
    element("Email:Flag"),
    element("Email:ContentClass", "urn:content-classes:message"),
    element("AirSyncBase:NativeBodyType", 2),
    element("Email2:ConversationId", Buffer.alloc(16, 7)),
    element("Email2:ConversationIndex", Buffer.alloc(5, 7)),
    element("Email:Categories")
  )

const answer = (body: string): Element =>
  element(
    "AirSync:Sync",
    element(
      "AirSync:Collections",
      element(
        "AirSync:Collection",
        element("AirSync:SyncKey", 2),
        element("AirSync:CollectionId", 5),
        element("AirSync:Status", 1),
        element(
          "AirSync:Commands",
          Array.from({ length: itemCount }, (_, index) =>
            element("AirSync:Add", element("AirSync:ServerId", `5:${index}`), mail(index, body))
          )
        )
      )
    )
  )

/** Median in milliseconds, after as many rounds that do not count. */
const medianOf = (act: () => unknown): number => {
  const took = Array.from({ length: 2 * Number(values.rounds) }, () => {
    const begin = process.cpuUsage()
    act()
    const { user, system } = process.cpuUsage(begin)
    return (user + system) / 1000
  })
  return median(took.slice(Number(values.rounds)))
}

for (const [name, body] of [
  ["no body", ""],
  ["5 KB, ASCII", "<p>Hello, this is text.</p>\r\n".repeat(170)],
  ["5 KB, umlauts", "<p>Hallo, dieß ist Téxt €.</p>\r\n".repeat(170)],
  ["100 KB, ASCII", "<p>Hello, this is text.</p>\r\n".repeat(3400)]
] as const) {
  const document = answer(body)
  const bytes = encode(document)
  const write = medianOf(() => encode(document))
  const read = medianOf(() => Either.getOrThrow(decode(bytes)))
  const rates = (took: number) =>
    `${took.toFixed(2)} ms, ${Math.round(bytes.length / 1000 / took)} MB/s, ${Math.round((itemCount / took) * 1000)} items/s`
  console.log(`${name} (${(bytes.length / 1e6).toFixed(2)} MB): write ${rates(write)}; read ${rates(read)}`)
}
