import { type LinkTarget, linkTarget } from "./linkTarget.ts"

export interface FrameListeners {
  /** The pointer or the focus is on a link; null = it no longer is. */
  readonly onLink: (target: LinkTarget | null) => void
  /** Somebody follows a `mailto:` link; the address as it stands there. */
  readonly onMailTo: (href: string) => void
}

/** Hears what happens in a frame that has no script of its own. Ends with the function that is returned. */
export const listenInside = (
  frame: HTMLIFrameElement,
  inside: Document,
  { onLink, onMailTo }: FrameListeners
): (() => void) => {
  const over = (event: Event) => {
    const link = linkOf(event)
    onLink(link === null ? null : linkTarget(link.getAttribute("href") ?? "", link.textContent))
  }
  const left = () => onLink(null)
  const clicked = (event: Event) => {
    const href = linkOf(event)?.getAttribute("href") ?? ""
    if (!/^mailto:/i.test(href)) return
    event.preventDefault()
    onMailTo(href)
  }
  /** The keys of the page work while the message has the focus. */
  const pressed = (event: KeyboardEvent) => {
    if (!frame.dispatchEvent(new KeyboardEvent(event.type, event))) event.preventDefault()
  }
  inside.addEventListener("mouseover", over)
  inside.addEventListener("focusin", over)
  inside.addEventListener("focusout", left)
  inside.documentElement.addEventListener("mouseleave", left)
  inside.addEventListener("click", clicked)
  inside.addEventListener("keydown", pressed)
  return () => {
    inside.removeEventListener("mouseover", over)
    inside.removeEventListener("focusin", over)
    inside.removeEventListener("focusout", left)
    inside.documentElement.removeEventListener("mouseleave", left)
    inside.removeEventListener("click", clicked)
    inside.removeEventListener("keydown", pressed)
  }
}

/** Of another window's making, what is inside is no `Element` of this one. */
const linkOf = ({ target }: Event): Element | null =>
  target !== null && "closest" in target && typeof target.closest === "function"
    ? target.closest("a[href], area[href]")
    : null
