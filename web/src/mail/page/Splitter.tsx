import { type KeyboardEvent, type PointerEvent, useLayoutEffect, useRef, useState } from "react"

interface Props {
  /** The custom property of the parent that says how wide the pane before this one is. */
  readonly property: `--${string}`
  readonly label: string
  /** Pixels. */
  readonly least: number
  readonly most: number
  readonly initial: number
}

const step = 16

const keptWidth = (property: string, initial: number): number => {
  const width = Number(window.localStorage.getItem(`postroom${property}`) ?? initial)
  return Number.isFinite(width) ? width : initial
}

/** Between two panes, to be dragged or moved by the arrow keys (ARIA: window splitter). What it is left at is kept. */
export const Splitter = ({ property, label, least, most, initial }: Props) => {
  const element = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(() => keptWidth(property, initial))

  useLayoutEffect(() => {
    element.current?.parentElement?.style.setProperty(property, `${width}px`)
    window.localStorage.setItem(`postroom${property}`, String(width))
  }, [property, width])

  const resize = (wished: number) => setWidth(Math.round(Math.min(most, Math.max(least, wished))))
  const isRtl = () => document.documentElement.dir === "rtl"

  const dragged = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons === 0 || !event.currentTarget.hasPointerCapture(event.pointerId)) return
    resize(width + (isRtl() ? -event.movementX : event.movementX))
  }

  const pressed = (event: KeyboardEvent) => {
    const towardsEnd = isRtl() ? "ArrowLeft" : "ArrowRight"
    const towardsStart = isRtl() ? "ArrowRight" : "ArrowLeft"
    if (event.key === towardsEnd) resize(width + step)
    else if (event.key === towardsStart) resize(width - step)
    else if (event.key === "Home") resize(least)
    else if (event.key === "End") resize(most)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule that separates nothing cannot be moved
    <div
      ref={element}
      className="mail__splitter"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width}
      aria-valuemin={least}
      aria-valuemax={most}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={dragged}
      onDoubleClick={() => resize(initial)}
      onKeyDown={pressed}
    />
  )
}
