import { Rpc, RpcGroup } from "@effect/rpc"
import { Schema } from "effect"
import { DeviceId } from "../../../domain/ids.ts"
import type { KeptPreferences } from "../../../domain/Preferences.ts"
import type { PreferencesSet } from "../../../identity/UserPreferences.ts"
import { refused, told } from "../told.ts"
import type { AppPasswordRow, DeviceRow, NewAppPassword, SessionRow } from "./accountAnswers.ts"
import { preferencesPatch } from "./preferencesPatch.ts"

const version = Schema.Int.pipe(Schema.greaterThanOrEqualTo(0))
const deviceId = Schema.String.pipe(Schema.minLength(1), Schema.maxLength(64), Schema.fromBrand(DeviceId))
const nothing = Schema.Null

/** What a page asks about the person themselves, and not about mail. */
export const AccountRpcs = RpcGroup.make(
  /** The preferences as they are, and again whenever they are others, from whatever page. */
  Rpc.make("Preferences", { success: told<KeptPreferences>(), error: refused, stream: true }),
  /** Only where they are of this version still; either way, how they are. */
  Rpc.make("SetPreferences", {
    payload: { version, patch: preferencesPatch },
    success: told<PreferencesSet>(),
    error: refused
  }),
  Rpc.make("Devices", { success: told<{ readonly devices: ReadonlyArray<DeviceRow> }>(), error: refused }),
  Rpc.make("WipeDevice", {
    payload: { deviceId, scope: Schema.Literal("device", "account") },
    success: nothing,
    error: refused
  }),
  Rpc.make("CancelWipe", { payload: { deviceId }, success: nothing, error: refused }),
  Rpc.make("RemoveDevice", { payload: { deviceId }, success: nothing, error: refused }),
  Rpc.make("Sessions", { success: told<{ readonly sessions: ReadonlyArray<SessionRow> }>(), error: refused }),
  /** Also where it has ended already. */
  Rpc.make("EndSession", { payload: { sessionId: Schema.UUID }, success: nothing, error: refused }),
  /** All but the one that asks. */
  Rpc.make("EndOtherSessions", { success: told<{ readonly ended: number }>(), error: refused }),
  Rpc.make("AppPasswords", {
    success: told<{ readonly appPasswords: ReadonlyArray<AppPasswordRow> }>(),
    error: refused
  }),
  Rpc.make("CreateAppPassword", {
    payload: { label: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(100)) },
    success: told<NewAppPassword>(),
    error: refused
  }),
  /** Also where it is none any more. */
  Rpc.make("RevokeAppPassword", { payload: { id: Schema.UUID }, success: nothing, error: refused })
)
