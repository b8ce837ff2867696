import { Duration } from "effect"
import { setting } from "./setting.ts"
import { duration } from "./types.ts"

/** Asked by who undoes, and by who lists what can be undone. */
export const undoWindow = setting({
  name: "POSTROOM_UNDO_WINDOW",
  type: duration,
  default: Duration.days(1),
  meaning: "How long after it was done an operation can be undone."
})
