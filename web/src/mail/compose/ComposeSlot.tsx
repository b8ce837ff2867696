import { useEffect, useRef } from "react"
import type { MessageId } from "../../../../src/domain/ids.ts"
import { composeSlot } from "./composes.ts"

/** Where an answer to the message is written, if there is room. Without it a window at the foot of the page is opened. */
export const ComposeSlot = ({ messageId }: { readonly messageId: MessageId }) => {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    composeSlot.set({ messageId, element })
    return () => {
      if (composeSlot.get()?.element === element) composeSlot.set(null)
    }
  }, [messageId])
  return <div ref={place} className="compose-slot" />
}
