import { Badge, Button, Field, Input, MessageBar, MessageBarBody } from "@fluentui/react-components"
import { type FormEvent, useState } from "react"
import type {
  WatchClusterResponse,
  WhereMailboxResponse
} from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { explain } from "../../rpc/problem.ts"
import { ConfirmAction } from "../parts/ConfirmAction.tsx"
import { DataTable } from "../parts/DataTable.tsx"
import { Facts } from "../parts/Facts.tsx"
import { Panel } from "../parts/Panel.tsx"
import { useSources } from "../sources.ts"
import { quarantineCommand, releaseCommand } from "./commands.ts"
import { marksOf } from "./marks.ts"
import { RunnerMark } from "./RunnerMark.tsx"

const listed = 10

/** The mailboxes that cost most, by their ids alone, and where any one is. */
export const Mailboxes = ({ cluster }: { readonly cluster: WatchClusterResponse }) => {
  const words = useWords()
  const marks = marksOf(cluster.runners)
  return (
    <Panel title={words.say("mailboxes.title")} note={words.say("mailboxes.note")}>
      <DataTable
        caption={words.say("mailboxes.title")}
        rows={cluster.hottest.slice(0, listed)}
        rowKey={({ mailboxId }) => mailboxId}
        empty={words.say("mailboxes.none")}
        columns={[
          {
            key: "mailbox",
            title: words.say("mailboxes.mailbox"),
            cell: ({ mailboxId, hot }) => (
              <>
                <code>{mailboxId}</code> {hot && <Badge color="danger">{words.say("mailboxes.hot")}</Badge>}
              </>
            )
          },
          {
            key: "owner",
            title: words.say("shard.owner"),
            cell: ({ owner }) => <RunnerMark runnerId={owner} mark={marks.get(owner)} />
          },
          {
            key: "shard",
            title: words.say("shard.shard"),
            isNumber: true,
            cell: ({ shardId }) => words.number(shardId)
          },
          {
            key: "load",
            title: words.say("shard.load"),
            isNumber: true,
            cell: ({ load }) => words.number(load, 1)
          },
          {
            key: "actions",
            title: words.say("runners.actions"),
            cell: ({ mailboxId }) => <Shut mailboxId={mailboxId} />
          }
        ]}
      />
      <LookUp />
    </Panel>
  )
}

const Shut = ({ mailboxId }: { readonly mailboxId: string }) => {
  const words = useWords()
  const { clients } = useSources()
  return (
    <ConfirmAction
      trigger={{ label: words.say("quarantine.label") }}
      title={words.say("quarantine.title", { mailbox: mailboxId })}
      happens={[
        words.say("quarantine.happens"),
        words.say("quarantine.happens.mail"),
        words.say("quarantine.happens.others")
      ]}
      command={quarantineCommand(mailboxId)}
      confirm={words.say("quarantine.label")}
      run={async () => {
        await clients.cluster.quarantineMailbox({ mailboxId })
        return words.say("quarantine.done", { mailbox: mailboxId })
      }}
    />
  )
}

const Open = ({ mailboxId, done }: { readonly mailboxId: string; readonly done: () => void }) => {
  const words = useWords()
  const { clients } = useSources()
  return (
    <ConfirmAction
      trigger={{ label: words.say("release.label") }}
      title={words.say("release.title", { mailbox: mailboxId })}
      happens={[words.say("release.happens"), words.say("release.happens.mail")]}
      command={releaseCommand(mailboxId)}
      confirm={words.say("release.label")}
      run={async () => {
        await clients.cluster.releaseMailbox({ mailboxId })
        done()
        return words.say("release.done", { mailbox: mailboxId })
      }}
    />
  )
}

const LookUp = () => {
  const words = useWords()
  const { clients } = useSources()
  const [wished, setWished] = useState("")
  const [found, setFound] = useState<{ readonly mailboxId: string; readonly where: WhereMailboxResponse }>()
  const [problem, setProblem] = useState<string>()
  const lookUp = async (event?: FormEvent) => {
    event?.preventDefault()
    const mailboxId = wished.trim()
    if (mailboxId === "") return
    try {
      const where = await clients.cluster.whereMailbox({ mailboxId })
      setFound({ mailboxId, where })
      setProblem(undefined)
    } catch (error) {
      setFound(undefined)
      setProblem(explain(error, words))
    }
  }
  return (
    <>
      <form className="cluster__look-up" onSubmit={(event) => void lookUp(event)}>
        <Field label={words.say("where.label")} className="cluster__look-up-field">
          <Input value={wished} spellCheck={false} onChange={(_event, { value }) => setWished(value)} />
        </Field>
        <Button type="submit">{words.say("where.submit")}</Button>
      </form>
      <div role="status">
        {problem !== undefined && (
          <MessageBar intent="error" layout="multiline">
            <MessageBarBody>{problem}</MessageBarBody>
          </MessageBar>
        )}
        {found !== undefined && (
          <Facts
            facts={[
              [words.say("mailboxes.mailbox"), <code key="id">{found.mailboxId}</code>],
              [words.say("shard.shard"), String(found.where.shard?.shardId ?? "–")],
              [words.say("shard.owner"), found.where.shard?.owner || "–"],
              [words.say("where.address"), found.where.address || "–"],
              [words.say("where.epoch"), words.number(Number(found.where.claimedEpoch))],
              [
                words.say("shard.state"),
                words.say(found.where.quarantinedAt === undefined ? "where.open" : "where.shut")
              ]
            ]}
          />
        )}
      </div>
      {found !== undefined &&
        (found.where.quarantinedAt === undefined ? (
          <div>
            <Shut mailboxId={found.mailboxId} />
          </div>
        ) : (
          <div>
            <Open mailboxId={found.mailboxId} done={() => void lookUp()} />
          </div>
        ))}
    </>
  )
}
