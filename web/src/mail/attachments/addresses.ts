import type { MessageId } from "../../../../src/domain/ids.ts"

/** Where a browser takes things of a message (`src/protocols/owa/parts/`). */
const of = (messageId: MessageId): string => `/owa/parts/${messageId}`

export const partAddress = (messageId: MessageId, path: string): string => `${of(messageId)}/part/${path}`
/** A picture or plain text; no other part is answered there. */
export const previewAddress = (messageId: MessageId, path: string): string =>
  `${of(messageId)}/preview/${path}`
export const zipAddress = (messageId: MessageId, paths: ReadonlyArray<string>): string =>
  `${of(messageId)}/zip/${paths.join(",")}`
/** The whole message as a file. */
export const messageAddress = (messageId: MessageId): string => `${of(messageId)}/message`
/** The same as text, to be read. */
export const sourceAddress = (messageId: MessageId): string => `${of(messageId)}/source`
