import type { Written } from "./Desk.ts"

/** The octets of a picture that the message shows, from here or from the server; null = there is none. */
export const pictureOf =
  ({ session, attaching }: Pick<Written, "session" | "attaching">) =>
  async (contentId: string): Promise<Blob | null> => {
    const held = attaching.file(contentId)
    if (held !== null) return held
    const one = session.writing.get().attachments.find((attached) => attached.contentId === contentId)
    if (one?.source?._tag !== "Part" || !/^image\/(png|jpeg|gif|webp)$/.test(one.mediaType)) return null
    const { messageId, path } = one.source
    const answer = await fetch(`/owa/parts/${messageId}/part/${path}`).catch(() => null)
    if (answer?.ok !== true) return null
    return new Blob([await answer.arrayBuffer()], { type: one.mediaType })
  }
