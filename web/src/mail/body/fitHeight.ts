/** A message that measures itself by its frame (`vh`) would grow for ever: it may so often, then it scrolls inside. */
const maxGrowths = 4
const maxHeight = 100_000

/** Keeps a frame as high as what is in it, watched from outside. Ends with the function that is returned. */
export const fitHeight = (frame: HTMLIFrameElement, inside: Document): (() => void) => {
  const root = inside.documentElement
  let height = 0
  let width = 0
  let growths = 0
  // What measures itself by the frame begins with that of the style sheet, not with the last message's.
  frame.style.height = ""
  const adjust = () => {
    if (root.clientWidth !== width) {
      width = root.clientWidth
      growths = 0
    }
    const sidewaysBar = root.scrollWidth > root.clientWidth ? 18 : 0
    const wanted = Math.min(
      maxHeight,
      Math.ceil(Math.max(root.offsetHeight, inside.body.scrollHeight)) + sidewaysBar
    )
    if (wanted === height) return
    if (wanted > height) growths += 1
    if (growths > maxGrowths) return
    height = wanted
    frame.style.height = `${wanted}px`
  }
  /** A picture has come, a quote was unfolded: a reason to grow. */
  const changed = () => {
    growths = 0
    adjust()
  }
  const observer = new ResizeObserver(adjust)
  observer.observe(root)
  observer.observe(inside.body)
  inside.addEventListener("load", changed, true)
  inside.addEventListener("toggle", changed, true)
  adjust()
  return () => {
    observer.disconnect()
    inside.removeEventListener("load", changed, true)
    inside.removeEventListener("toggle", changed, true)
  }
}
