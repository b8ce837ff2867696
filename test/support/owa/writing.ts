import { Effect, Schema, type Scope } from "effect"
import { Here } from "../coreClient.ts"
import { pageAt, refusal, type Said } from "./page.ts"
import { signedIn } from "./signedIn.ts"

const Saved = Schema.Struct({
  messageId: Schema.Number,
  modSeq: Schema.Number,
  isFormerGone: Schema.Boolean,
  attachments: Schema.Array(
    Schema.Struct({
      source: Schema.TaggedStruct("Part", { messageId: Schema.Number, path: Schema.String }),
      fileName: Schema.String,
      contentId: Schema.NullOr(Schema.String),
      mediaType: Schema.String,
      sizeBytes: Schema.Number
    })
  )
})
const Uploaded = Schema.Struct({
  uploadId: Schema.String,
  sizeBytes: Schema.Number,
  expiresAt: Schema.Number
})
const Answer = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/** A page in which somebody writes. */
export interface Pen {
  readonly saved: (payload: object) => Effect.Effect<typeof Saved.Type>
  /** What a call is answered, which must not be a refusal. */
  readonly answered: (tag: string, payload: unknown) => Effect.Effect<typeof Answer.Type>
  /** However it ends. */
  readonly exit: (tag: string, payload: unknown) => Effect.Effect<Said["exit"]>
  readonly refused: (tag: string, payload: unknown) => Effect.Effect<typeof Answer.Type>
  readonly upload: (bytes: Uint8Array, type: string) => Effect.Effect<typeof Uploaded.Type>
  /** The status and body of a request to hand something in. */
  readonly post: (
    body: Buffer | string,
    headers: Readonly<Record<string, string>>
  ) => Effect.Effect<readonly [number, unknown]>
}

export const penOf = (name: string): Effect.Effect<Pen, never, Here | Scope.Scope> =>
  Effect.gen(function* () {
    const { at } = yield* Here
    const cookie = yield* signedIn(`${name}@demo.test`)
    const page = yield* pageAt(at.http, { cookie })
    const successOf = (exit: Said["exit"]) =>
      exit?._tag === "Success" ? Effect.succeed(exit.value) : Effect.dieMessage(JSON.stringify(exit))
    const origin = `http://127.0.0.1:${at.http}`
    const post: Pen["post"] = (body, headers) =>
      Effect.promise(() =>
        fetch(`${origin}/owa/uploads`, {
          method: "POST",
          body,
          headers: { cookie, origin, ...headers }
        }).then(async (answer) => [answer.status, await answer.json()] as const)
      )
    return {
      saved: (payload) =>
        page
          .ask("SaveDraft", payload)
          .pipe(Effect.flatMap(successOf), Effect.flatMap(Schema.decodeUnknown(Saved)), Effect.orDie),
      answered: (tag, payload) =>
        page
          .ask(tag, payload)
          .pipe(Effect.flatMap(successOf), Effect.flatMap(Schema.decodeUnknown(Answer)), Effect.orDie),
      exit: page.ask,
      refused: (tag, payload) =>
        page
          .ask(tag, payload)
          .pipe(Effect.map(refusal), Effect.flatMap(Schema.decodeUnknown(Answer)), Effect.orDie),
      upload: (bytes, type) =>
        post(Buffer.from(bytes), { "content-type": type }).pipe(
          Effect.flatMap(([, body]) => Schema.decodeUnknown(Uploaded)(body)),
          Effect.orDie
        ),
      post
    }
  })
