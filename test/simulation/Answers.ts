import type { SqlValue, Statement } from "../../src/storage/postgres.ts"

type Run<Row> = (values: ReadonlyArray<SqlValue>) => ReadonlyArray<Row>

interface Answer<Row> {
  readonly statement: Statement<Row>
  readonly run: Run<Row>
}

const isFor = <Row>(answer: Answer<unknown>, statement: Statement<Row>): answer is Answer<Row> =>
  answer.statement === statement

/** What a server in memory answers to our statements. */
export class Answers {
  private readonly known = new Map<Statement<unknown>, Answer<unknown>>()

  on<Row>(statement: Statement<Row>, run: Run<Row>): void {
    this.known.set(statement, { statement, run })
  }

  to<Row>(statement: Statement<Row>, values: ReadonlyArray<SqlValue>): ReadonlyArray<Row> {
    const answer = this.known.get(statement)
    if (answer === undefined || !isFor(answer, statement)) {
      throw new Error(`the story's Postgres does not know ${statement.name ?? statement.text}`)
    }
    return answer.run(values)
  }
}
