import { type RefObject, useLayoutEffect, useRef } from "react"
import type { Line } from "./conversations.ts"

interface Lines {
  readonly lines: ReadonlyArray<Line>
  /** Lines of the list above these. */
  readonly above: number
  /** Pixels. */
  readonly rowHeight: number
}

/** What somebody reads stays where it is while lines come and go above it. At the top, new mail is what one wants to see. */
export const useStillScroll = (
  scroller: RefObject<HTMLDivElement | null>,
  { lines, above, rowHeight }: Lines
): void => {
  const before = useRef({ lines, above })
  useLayoutEffect(() => {
    const element = scroller.current
    const was = before.current
    before.current = { lines, above }
    if (element === null || element.scrollTop < rowHeight || was.lines === lines) return
    const seen = Math.floor(element.scrollTop / rowHeight) - was.above
    const places = new Map(lines.map(({ key }, index) => [key, index]))
    // The first that can be seen and is still there.
    for (let index = Math.max(0, seen); index < was.lines.length; index++) {
      const now = places.get(was.lines[index]?.key ?? "")
      if (now === undefined) continue
      const moved = now + above - (index + was.above)
      if (moved !== 0) element.scrollTop += moved * rowHeight
      return
    }
  }, [scroller, lines, above, rowHeight])
}
