export interface FileText {
  readonly text: string
  /** It is longer than what is shown of it. */
  readonly isCut: boolean
}

/** UTF-16 units; more makes a browser slow, and nobody reads it here. */
const maxLength = 500_000

/** A text in the charset that its server says. Rejects where there is none. */
export const readText = async (address: string, signal: AbortSignal): Promise<FileText> => {
  const answer = await fetch(address, { signal })
  const type = answer.headers.get("content-type") ?? ""
  if (!answer.ok || !type.startsWith("text/plain")) throw new Error("no text")
  const text = decoderOf(/charset=([\w.:-]+)/.exec(type)?.[1]).decode(await answer.arrayBuffer())
  return { text: text.slice(0, maxLength), isCut: text.length > maxLength }
}

/** UTF-8 where a browser does not know the charset. */
const decoderOf = (charset = "utf-8"): TextDecoder => {
  try {
    return new TextDecoder(charset)
  } catch {
    return new TextDecoder()
  }
}
