import { Either } from "effect"
import type { Command } from "../../Command.ts"
import { InvalidRequest, LimitExceeded } from "../../errors.ts"
import { type Category, isCategory, maxCategories, maxCategoryLength } from "../../Flags.ts"
import type { MessageId } from "../../ids.ts"
import type { MailboxLimits } from "../State.ts"
import type { Refusal } from "./View.ts"

/** What is wrong with a command before anybody looks at the mailbox. */
export const checkShape = (command: Command, limits: MailboxLimits): Either.Either<void, Refusal> => {
  if ("messageIds" in command && tooMany(command.messageIds, limits)) {
    return Either.left(new LimitExceeded({ limit: "batch", max: limits.maxBatch }))
  }
  return checkCategories(addedCategories(command))
}

export const checkCategories = (added: ReadonlyArray<Category>): Either.Either<void, InvalidRequest> =>
  added.length > maxCategories || !added.every(isCategory)
    ? Either.left(
        new InvalidRequest({
          message: `A category has 1 to ${maxCategoryLength} characters and no control characters; at most ${maxCategories}.`
        })
      )
    : Either.void

const addedCategories = (command: Command): ReadonlyArray<Category> => {
  if (command._tag === "ChangeFlags") return command.addCategories
  return command._tag === "Append" ? command.categories : []
}

const tooMany = (ids: ReadonlyArray<MessageId>, limits: MailboxLimits): boolean =>
  ids.length > limits.maxBatch
