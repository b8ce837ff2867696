import { Config, Duration } from "effect"
import { setting } from "../settings/setting.ts"
import { duration } from "../settings/types.ts"

export const DevicesConfig = Config.all({
  recordInterval: setting({
    name: "POSTROOM_DEVICE_RECORD_INTERVAL",
    type: duration,
    default: Duration.minutes(2),
    meaning: "How often it is written down when devices were last seen and how long their requests waited."
  })
})
