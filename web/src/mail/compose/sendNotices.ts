import type { MessageId } from "../../../../src/domain/ids.ts"
import { makeStore } from "../../shell/store.ts"
import { newId } from "./newId.ts"
import { insist } from "./session/insist.ts"
import type { Server } from "./session/Server.ts"

/** What was just sent or thrown away, as long as it can be taken back. */
export interface SendNotice {
  readonly id: string
  readonly say:
    | {
        readonly key:
          | "compose.sent"
          | "compose.sent.done"
          | "compose.discarded"
          | "compose.sent.tooLate"
          | "compose.sent.undoFailed"
      }
    | { readonly key: "compose.sent.later"; readonly at: number }
  readonly undo: (() => void) | null
}

export const sendNotices = makeStore<ReadonlyArray<SendNotice>>([])

export const endNotice = (id: string): void =>
  sendNotices.set(sendNotices.get().filter((one) => one.id !== id))

const put = (next: SendNotice): void =>
  sendNotices.set([...sendNotices.get().filter(({ id }) => id !== next.id), next])

const stays = 10_000
/** `setTimeout` cannot wait longer. */
const longest = 2 ** 31 - 1

interface JustSent {
  readonly sendId: string
  readonly heldUntil: number | null
  readonly isLater: boolean
  readonly reopen: (messageId: MessageId) => void
}

export const tellSent = (server: Server, { sendId, heldUntil, isLater, reopen }: JustSent): void => {
  const id = newId()
  const done = () => {
    put({ id, say: { key: "compose.sent.done" }, undo: null })
    setTimeout(() => endNotice(id), stays)
  }
  if (heldUntil === null) {
    done()
    return
  }
  // Of a time far ahead it need not be told until then.
  const left = Math.min(longest, isLater ? 2 * stays : heldUntil - Date.now())
  const over = setTimeout(() => (isLater ? endNotice(id) : done()), Math.max(0, left))
  const undo = async () => {
    clearTimeout(over)
    put({ id, say: { key: "compose.sent" }, undo: null })
    const outcome = await insist(server, ["CancelSend", { operationId: newId(), sendId: sendId }], {
      waits: () => undefined,
      isWanted: () => true
    })
    if (outcome?._tag === "Answered") {
      endNotice(id)
      reopen(outcome.value.messageId)
      return
    }
    const isLate = outcome?.reason === "tooLate"
    put({ id, say: { key: isLate ? "compose.sent.tooLate" : "compose.sent.undoFailed" }, undo: null })
    setTimeout(() => endNotice(id), stays)
  }
  put({
    id,
    say: isLater ? { key: "compose.sent.later", at: heldUntil } : { key: "compose.sent" },
    undo: () => void undo()
  })
}

/** Only when nobody wants it back it goes for good. */
export const tellDiscarded = ({
  restore,
  forGood
}: {
  readonly restore: () => void
  readonly forGood: () => void
}): void => {
  const id = newId()
  const over = setTimeout(() => {
    endNotice(id)
    forGood()
  }, stays)
  put({
    id,
    say: { key: "compose.discarded" },
    undo: () => {
      clearTimeout(over)
      endNotice(id)
      restore()
    }
  })
}
