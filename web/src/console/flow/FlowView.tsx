import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { rateOf } from "../history.ts"
import { Figure } from "../parts/Figure.tsx"
import { useSources } from "../sources.ts"
import { Ledger } from "./Ledger.tsx"
import { Streams } from "./Streams.tsx"
import "./flow.css"

const rateOverMillis = 60_000

/** Is mail flowing? */
export const FlowView = () => {
  const words = useWords()
  const sources = useSources()
  const queues = useStore(sources.queues.store)
  const ledger = useStore(sources.ledger.store)
  const history = useStore(sources.history)
  const rows = queues.state === "loading" ? undefined : queues.data
  const books = ledger.state === "loading" ? undefined : ledger.data
  const oldest = rows?.reduce((most, { oldestMillis }) => Math.max(most, oldestMillis), 0)
  const waiting = rows?.reduce((sum, row) => sum + row.waiting + row.running, 0)
  const dead = rows?.reduce((sum, row) => sum + row.dead, 0)
  const rate = rateOf(history.get("accepted") ?? [], rateOverMillis)
  const unknown = "–"
  return (
    <>
      <div className="figures">
        <Figure
          name={words.say("flow.rate")}
          value={rate === undefined ? unknown : words.say("flow.perSecond", { rate: words.number(rate, 1) })}
          note={words.say("flow.rate.note")}
        />
        <Figure
          name={words.say("flow.oldest")}
          value={oldest === undefined ? unknown : words.duration(oldest)}
          note={words.say("flow.oldest.note")}
        />
        <Figure
          name={words.say("flow.depth")}
          value={waiting === undefined ? unknown : words.number(waiting)}
          note={words.say("flow.depth.note")}
        />
        <Figure
          name={words.say("flow.dead")}
          value={dead === undefined ? unknown : words.number(dead)}
          note={words.say("flow.dead.note")}
          {...(dead === undefined || dead === 0 ? {} : { tone: "bad" as const })}
        />
        <Figure
          name={words.say("flow.ledger")}
          value={
            books === undefined
              ? unknown
              : books.imbalance === 0
                ? words.say("flow.ledger.balanced")
                : words.say("flow.ledger.off", { count: books.imbalance })
          }
          note={words.say("flow.ledger.note")}
          {...(books === undefined
            ? {}
            : { tone: books.imbalance === 0 ? ("good" as const) : ("bad" as const) })}
        />
      </div>
      <Streams live={queues} history={history} />
      <Ledger live={ledger} />
    </>
  )
}
