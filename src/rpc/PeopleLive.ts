import { type ConfigError, Effect, Layer } from "effect"
import { Directory } from "../storage/directory/Directory.ts"
import { AddressBook } from "../storage/people/AddressBook.ts"
import { AdminConfig } from "./AdminConfig.ts"
import { PeopleService } from "./gen/postroom/core/v1/people_pb.ts"
import { Guard } from "./guard.ts"
import { makePeopleHandlers } from "./handlers/people.ts"
import { People, type PeopleMethods } from "./People.ts"

/** `People` in this process: every handler behind the guard. A method of the service without one does not compile. */
export const layer: Layer.Layer<People, ConfigError.ConfigError, Guard | Directory | AddressBook> =
  Layer.effect(
    People,
    Effect.gen(function* () {
      const guard = yield* Guard
      const handlers = makePeopleHandlers({
        directory: yield* Directory,
        addressBook: yield* AddressBook,
        limits: yield* AdminConfig
      })
      const { method } = PeopleService
      return {
        findPeople: guard.platform(method.findPeople, handlers.findPeople, { resource: () => "people" }),
        getPerson: guard.mail(method.getPerson, handlers.getPerson),
        getAbsence: guard.mail(method.getAbsence, handlers.getAbsence),
        setAbsence: guard.mail(method.setAbsence, handlers.setAbsence)
      } satisfies PeopleMethods & Record<keyof typeof PeopleService.method, unknown>
    })
  )
