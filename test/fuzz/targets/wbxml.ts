import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { soundWbxml } from "../../support/activesync/soundWbxml.ts"
import type { Target } from "../Target.ts"

const golden = fileURLToPath(new URL("../../golden/activesync/", import.meta.url))

/** The WBXML codec: any bytes are read the same in pieces of any size, and written again, or refused. */
export const target: Target = {
  source: /\/activesync\/wbxml\/(?!gen)/,
  seeds: ["spec", "libwbxml", "syncroton"].flatMap((folder) =>
    readdirSync(`${golden}${folder}`)
      .filter((name) => name.endsWith(".wbxml"))
      .map((name) => readFileSync(`${golden}${folder}/${name}`))
  ),
  words: [
    [3, 1, 0x6a, 0],
    ...[0, 1, 2, 3, 4, 0x43, 0x45, 0x80, 0x83, 0xc0, 0xc3, 0xc4].map((token) => [token]),
    ...[0, 1, 4, 17, 21, 22, 25, 26, 255].map((page) => [0, page]),
    [3, 0],
    [3, 0xc3, 0xa4, 0xed, 0xa0, 0x80, 0],
    [0xc3, 0],
    [0xc3, 0x81, 0],
    [0xc3, 0x8f, 0xff, 0xff, 0xff, 0x7f],
    [0xc3, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0x45, 0x45, 0x45, 0x45],
    [1, 1, 1, 1]
  ].map((bytes) => Uint8Array.from(bytes)),
  batchSize: 256,
  check: soundWbxml
}
