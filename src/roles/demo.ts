import { Config, Context, Effect, Layer, Option, type Redacted } from "effect"
import { seedDemo } from "../identity/seed.ts"
import { setting } from "../settings/setting.ts"
import { boolean, secret } from "../settings/types.ts"

const DemoConfig = Config.all({
  isOff: setting({
    name: "POSTROOM_NO_DEMO",
    type: boolean,
    default: false,
    meaning: "Makes no demo tenant."
  }),
  password: Config.option(
    setting({
      name: "POSTROOM_DEMO_PASSWORD",
      type: secret,
      meaning: "Password of the demo users instead of a random one."
    })
  )
})

/** The demo tenant. It is there before the first connection is let in. */
export class Demo extends Context.Tag("postroom/Demo")<
  Demo,
  {
    /** Null where it was shown before, or there is no demo tenant. */
    readonly newPassword: Redacted.Redacted | null
  }
>() {
  static readonly layer = (dataFolder: string) =>
    Layer.effect(
      Demo,
      Effect.gen(function* () {
        const { isOff, password } = yield* DemoConfig
        if (isOff) return { newPassword: null }
        const demo = yield* seedDemo({ dataFolder, password: Option.getOrNull(password) })
        return { newPassword: demo.isNew ? demo.password : null }
      })
    )
}
