import { timestampDate } from "@bufbuild/protobuf/wkt"
import { Args, Command } from "@effect/cli"
import { common, described } from "./options.ts"
import { printPages } from "./output.ts"
import { withSession } from "./session.ts"

const list = Command.make(
  "list",
  {
    problem: Args.text({ name: "problem" }).pipe(
      Args.withDescription("missing, corrupt, or unreferenced: nobody has the message any more")
    ),
    ...common
  },
  ({ problem, ...options }) =>
    withSession(options, "anyone", ({ rpc }) =>
      printPages(
        options.output,
        (pageToken) => rpc.call((signal) => rpc.upkeep.listBlobFindings({ problem, pageToken }, { signal })),
        {
          entries: ({ findings }) => findings,
          row: ({ blobKey, sizeBytes, foundAt }) => ({
            blob: blobKey,
            sizeBytes: Number(sizeBytes),
            found: foundAt === undefined ? null : timestampDate(foundAt).toISOString()
          })
        }
      )
    )
).pipe(
  Command.withDescription(
    described("What the reconciler has found wrong with stored messages.", "postroom blobs list missing")
  )
)

export const blobs = Command.make("blobs").pipe(
  Command.withDescription(described("Stored messages as files or objects.")),
  Command.withSubcommands([list])
)
