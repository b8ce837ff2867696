export type Rgb = readonly [red: number, green: number, blue: number]

/** Of what the browser computed: `rgb(0, 0, 0)` or `rgba(0, 0, 0, 0.5)`; null where it is written otherwise. */
export const readRgb = (text: string): Rgb | null => {
  const [, red, green, blue] = /^rgba?\((\d+), (\d+), (\d+)/.exec(text) ?? []
  return red === undefined ? null : [Number(red), Number(green), Number(blue)]
}

/** WCAG 2.2, relative luminance. */
const luminance = (colour: Rgb): number => {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0)
}

export const contrast = (one: Rgb, other: Rgb): number => {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** WCAG 2.2, 1.4.3; and what is enough for the blackest text. */
const [readable, plenty] = [4.5, 11]
const white: Rgb = [255, 255, 255]
const step = 0.05

/** The colour with as little white as gives it the contrast on a dark ground that it was chosen for on white. */
export const lifted = (colour: Rgb, ground: Rgb): Rgb => {
  const wanted = Math.max(readable, Math.min(plenty, contrast(colour, white)))
  for (let share = 0; share < 1; share += step) {
    const [red, green, blue] = colour.map((part) => Math.round(part + (255 - part) * share))
    const mixed: Rgb = [red ?? 0, green ?? 0, blue ?? 0]
    if (contrast(mixed, ground) >= wanted) return mixed
  }
  return white
}

const neutralGrounds =
  /^(?:transparent|none|inherit|initial|unset|white|window|#fff(?:fff)?|rgb\(255,\s*255,\s*255\))$/

/** Whether rules paint something other than white, or a picture. */
export const paints = (rules: string): boolean =>
  [...rules.matchAll(/(?:^|[;{\s])background(?:-color|-image)?\s*:\s*([^;}]*)/gi)].some(
    ([, value = ""]) =>
      !neutralGrounds.test(
        value
          .replace(/!\s*important/i, "")
          .trim()
          .toLowerCase()
      )
  )

export const isNeutralGround = (value: string): boolean => neutralGrounds.test(value.trim().toLowerCase())
