import { Effect, Layer } from "effect"
import { Commands } from "./Commands.ts"

/** Each command that there is, with what makes it. */
const makers = {}

export const layer = Layer.effect(Commands, Effect.all(makers))
