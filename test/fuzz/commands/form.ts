import type { CommandName, ProtocolVersion } from "../../../src/protocols/activesync/Command.ts"
import { commandNames } from "../../../src/protocols/activesync/commandNames.ts"
import { protocolVersions } from "../../../src/protocols/activesync/head.ts"

/** A request as an input of the fuzzer has it: a byte for the command, one for the rest of its head, and the body. */
export interface Form {
  readonly command: CommandName
  readonly version: ProtocolVersion
  readonly multipart: boolean
  /** With parameters of an item in the query, as until 12.1. */
  readonly names: "nothing" | "item" | "long id"
  readonly isMime: boolean
  readonly body: Uint8Array
}

const multipart = 8
const item = 16
const longId = 32
const mime = 64

export const readForm = (input: Uint8Array): Form => {
  const [command = 0, head = 0] = input
  return {
    command: commandNames[command % commandNames.length] ?? "Sync",
    version: protocolVersions[(head & 7) % protocolVersions.length] ?? "16.1",
    multipart: (head & multipart) !== 0,
    names: (head & item) !== 0 ? "item" : (head & longId) !== 0 ? "long id" : "nothing",
    isMime: (head & mime) !== 0,
    body: input.subarray(2)
  }
}

export const writeForm = ({ command, version, body, ...form }: Form): Uint8Array =>
  Buffer.concat([
    Buffer.of(
      commandNames.indexOf(command),
      protocolVersions.indexOf(version) +
        (form.multipart ? multipart : 0) +
        (form.names === "item" ? item : 0) +
        (form.names === "long id" ? longId : 0) +
        (form.isMime ? mime : 0)
    ),
    body
  ])
