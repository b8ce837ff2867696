import { Schema } from "effect"
import type { Refusal } from "./OwaAnswers.ts"

/** What goes to the browser is ours, and needs no check. */
export const told = <A>() => Schema.declare((_): _ is A => true)
export const refused = told<Refusal>()
