import type { Refusal } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import type { Answer, Payload, Tag } from "../../wire/calls.ts"
import type { Server } from "./Server.ts"

const pauses = { first: 500, longest: 15_000 }

export interface Insisting {
  /** It did not get through; it is asked again. */
  readonly waits: (why: "connection" | "busy") => void
  /** Whether it is still wanted. */
  readonly isWanted: () => boolean
}

/**
 * Asks under one operation id until there is an answer, so that nothing is done twice, however often it was asked. Null
 * where it is no longer wanted.
 */
export const insist = async <T extends Tag>(
  server: Server,
  [tag, payload]: readonly [tag: T, payload: Payload<T>],
  { waits, isWanted }: Insisting
): Promise<{ readonly _tag: "Answered"; readonly value: Answer<T> } | Refusal | null> => {
  for (let failures = 0; isWanted(); failures++) {
    const outcome = await server.ask(tag, payload)
    if (outcome._tag === "Answered") return outcome
    if (outcome._tag === "Refused" && !outcome.isTemporary && outcome.reason !== "signedOut") return outcome
    waits(outcome._tag === "Lost" || outcome.reason === "signedOut" ? "connection" : "busy")
    await pauseOrConnection(server, Math.min(pauses.longest, pauses.first * 2 ** failures))
  }
  return null
}

/** Until the time is over, or there is a connection again. */
const pauseOrConnection = (server: Server, millis: number): Promise<void> =>
  new Promise((resolve) => {
    const wasOnline = server.presence.get() === "online"
    const end = () => {
      clearTimeout(timer)
      leave()
      resolve()
    }
    const timer = setTimeout(end, millis)
    const leave = server.presence.subscribe(() => {
      if (!wasOnline && server.presence.get() === "online") end()
    })
  })
