/** Where something is on the screen. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
}

interface Step {
  /** As KeyboardEvent has it. */
  readonly key: string
  readonly isRightToLeft: boolean
}

/** The box that a key leads to from the one at `current`, in boxes that run in lines; undefined = it leads nowhere. */
export const neighbour = (boxes: ReadonlyArray<Box>, current: number, step: Step): number | undefined => {
  if (boxes.length === 0 || current < 0) return undefined
  switch (step.key) {
    case "ArrowRight":
    case "ArrowLeft": {
      const next = current + ((step.key === "ArrowRight") === step.isRightToLeft ? -1 : 1)
      return next >= 0 && next < boxes.length ? next : undefined
    }
    case "ArrowDown":
      return nextLine(boxes, current, 1)
    case "ArrowUp":
      return nextLine(boxes, current, -1)
    case "Home":
      return 0
    case "End":
      return boxes.length - 1
    default:
      return undefined
  }
}

/** The nearest box of the next line down (1) or up (-1). */
const nextLine = (boxes: ReadonlyArray<Box>, current: number, way: 1 | -1): number | undefined => {
  const from = boxes[current]
  if (from === undefined) return undefined
  const beyond = boxes
    .map((box, index) => ({ index, down: (box.top - from.top) * way, aside: Math.abs(box.left - from.left) }))
    .filter(({ down }) => down > 1)
  const line = Math.min(...beyond.map(({ down }) => down))
  return beyond.filter(({ down }) => down < line + 1).toSorted((one, other) => one.aside - other.aside)[0]
    ?.index
}
