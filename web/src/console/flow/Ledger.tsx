import { useWords } from "../../i18n/WordsProvider.tsx"
import type { Live } from "../../rpc/follow.ts"
import { Command } from "../parts/Command.tsx"
import { DataTable } from "../parts/DataTable.tsx"
import { Panel } from "../parts/Panel.tsx"
import { Pending } from "../parts/Pending.tsx"
import type { LedgerRow } from "../queues.ts"

const outcomes = ["delivered", "inFlight", "bounced", "deadLettered", "dropped"] as const

/** Every recipient of every accepted message has exactly one outcome. */
export const Ledger = ({ live }: { readonly live: Live<LedgerRow> }) => {
  const words = useWords()
  const books = live.state === "loading" ? undefined : live.data
  return (
    <Panel
      title={words.say("ledger.title")}
      note={
        books === undefined ? undefined : words.say("ledger.note", { accepted: words.number(books.accepted) })
      }
    >
      {books === undefined ? (
        <Pending live={live} />
      ) : (
        <>
          <Bar books={books} />
          <DataTable
            caption={words.say("ledger.title")}
            rows={outcomes}
            rowKey={(outcome) => outcome}
            empty=""
            columns={[
              {
                key: "outcome",
                title: words.say("ledger.outcome"),
                cell: (outcome) => (
                  <span className="ledger__outcome">
                    <span className="ledger__swatch" data-outcome={outcome} aria-hidden="true" />
                    {words.say(`ledger.${outcome}`)}
                  </span>
                )
              },
              {
                key: "recipients",
                title: words.say("ledger.recipients"),
                isNumber: true,
                cell: (outcome) => words.number(books[outcome])
              },
              {
                key: "share",
                title: words.say("ledger.share"),
                isNumber: true,
                cell: (outcome) =>
                  words.say("ledger.percent", {
                    percent: words.number((books[outcome] / Math.max(1, books.accepted)) * 100, 2)
                  })
              }
            ]}
          />
          <p className="ledger__verdict" data-balanced={books.imbalance === 0}>
            {books.imbalance === 0
              ? words.say("ledger.balanced")
              : words.say("ledger.off", { count: books.imbalance })}
          </p>
          <Command command="postroom ledger" />
        </>
      )}
    </Panel>
  )
}

const Bar = ({ books }: { readonly books: LedgerRow }) => {
  const words = useWords()
  const total = Math.max(1, books.accepted)
  const label = outcomes
    .map((outcome) => `${words.say(`ledger.${outcome}`)}: ${words.number(books[outcome])}`)
    .join(", ")
  return (
    <div className="ledger__bar" role="img" aria-label={label}>
      {outcomes
        .filter((outcome) => books[outcome] > 0)
        .map((outcome) => (
          <span
            key={outcome}
            className="ledger__part"
            data-outcome={outcome}
            style={{ flexGrow: books[outcome] / total }}
          />
        ))}
    </div>
  )
}
