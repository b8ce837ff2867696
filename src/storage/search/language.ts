import { Effect } from "effect"

/** What is looked at of a text; of less than that nobody can say what language it is. */
const length = { most: 500, least: 40 }

/** Loaded when first used: the tables are large. */
const detector = Effect.runSync(Effect.cached(Effect.promise(() => import("eld/small"))))

/** ISO 639-1; null where the text does not tell. */
export const detectLanguage = (text: string): Effect.Effect<string | null> => {
  const beginning = text.slice(0, length.most)
  if (beginning.replace(/\P{L}/gu, "").length < length.least) return Effect.succeed(null)
  return Effect.map(detector, ({ eld }) => {
    const found = eld.detect(beginning)
    return found.language !== "" && found.isReliable() ? found.language : null
  })
}
