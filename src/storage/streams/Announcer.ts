import { Context } from "effect"
import type { NewTask } from "./Streams.ts"

/** Tells other processes of tasks that are committed and due. Null: their streams are rung like any other. */
export class Announcer extends Context.Reference<Announcer>()("postroom/storage/Announcer", {
  defaultValue: (): ((tasks: ReadonlyArray<NewTask>) => void) | null => null
}) {}
