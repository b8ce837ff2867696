import { Effect, Layer } from "effect"
import { Commands } from "./Commands.ts"
import { composeServices } from "./commands/sending.ts"
import { sendMail } from "./commands/sendMail.ts"
import { smartForward } from "./commands/smartForward.ts"
import { smartReply } from "./commands/smartReply.ts"

/** Each command that there is, with what makes it. */
const makers = {
  SendMail: Effect.map(composeServices, sendMail),
  SmartReply: Effect.map(composeServices, smartReply),
  SmartForward: Effect.map(composeServices, smartForward)
}

export const layer = Layer.effect(Commands, Effect.all(makers))
