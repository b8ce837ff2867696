import { isNeutralGround, lifted, paints, readRgb } from "./colours.ts"

/**
 * How a message is shown. In the dark theme one that paints grounds of its own is a design, and stands on white paper as
 * its sender saw it: half of it turned dark would be no one's. Any other is text, and takes the theme's colours.
 */
export type Look = "light" | "dark" | "paper"

/** More elements are not looked at one by one. */
const maxElements = 5000

export const lookOf = (
  body: HTMLElement,
  styles: ReadonlyArray<HTMLStyleElement>,
  theme: "light" | "dark"
): Look => {
  if (theme === "light") return "light"
  const isDesign =
    [body, ...body.querySelectorAll("[bgcolor]")].some(
      (element) => !isNeutralGround(element.getAttribute("bgcolor") ?? "none")
    ) ||
    body.matches("[background]") ||
    body.querySelector("[background]") !== null ||
    [body, ...body.querySelectorAll("[style]")].some((element) =>
      paints(element.getAttribute("style") ?? "")
    ) ||
    styles.some(({ textContent }) => paints(textContent)) ||
    body.querySelectorAll("*").length > maxElements
  return isDesign ? "paper" : "dark"
}

/** Makes coloured text readable on a dark ground, each colour keeping its hue. Looks first and writes then: one layout. */
export const liftColours = (body: HTMLElement): void => {
  const window = body.ownerDocument.defaultView
  if (window === null) return
  const ground = readRgb(window.getComputedStyle(body.ownerDocument.documentElement).backgroundColor) ?? [
    0, 0, 0
  ]
  const seen = [body, ...body.querySelectorAll<HTMLElement>("*")].map((element) => ({
    element,
    text: window.getComputedStyle(element).color
  }))
  for (const { element, text } of seen) {
    const colour = readRgb(text)
    if (colour === null) continue
    const [red, green, blue] = lifted(colour, ground)
    const wanted = `rgb(${red}, ${green}, ${blue})`
    if (wanted !== text) element.style.setProperty("color", wanted, "important")
  }
}
