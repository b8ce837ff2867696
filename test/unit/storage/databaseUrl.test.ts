import { assert, describe, it } from "@effect/vitest"
import { Option, Redacted } from "effect"
import { readDatabaseUrl } from "../../../src/storage/databaseUrl.ts"

const read = (url: string) =>
  Option.map(readDatabaseUrl(Redacted.make(url)), ({ password, ...address }) => ({
    ...address,
    password: Redacted.value(password)
  }))

describe("the URL of a database", () => {
  const mail = { host: "db.test", port: 5432, database: "mail", user: "me", password: "" }
  for (const [what, url, address] of [
    ["a name", "postgres://me@db.test/mail", mail],
    [
      "a port, and what is percent-encoded",
      "postgresql://m%40e:p%2F%3Aw@db.test:6543/my%20mail",
      { host: "db.test", port: 6543, database: "my mail", user: "m@e", password: "p/:w" }
    ],
    ["an address", "postgres://me@127.0.0.1/mail", { ...mail, host: "127.0.0.1" }],
    ["an IPv6 address", "postgres://me@[fd00::1]:6543/mail", { ...mail, host: "fd00::1", port: 6543 }],
    [
      "the directory of a unix socket",
      "postgres://me@%2FVar%2Frun%2Fpost%20gres:5433/mail",
      { ...mail, host: "/Var/run/post gres", port: 5433 }
    ],
    ["no database", "postgres://me@db.test", { ...mail, database: "postgres" }]
  ] as const) {
    it(`may name ${what}`, () => {
      assert.deepEqual(read(url), Option.some({ ...address }))
    })
  }

  for (const [what, url] of [
    ["another scheme", "mysql://me@db.test/mail"],
    ["no host", "postgres:///mail"],
    ["a broken escape", "postgres://me:%zz@db.test/mail"],
    ["no URL", "db.test:5432"]
  ] as const) {
    it(`is none with ${what}`, () => {
      assert.deepEqual(read(url), Option.none())
    })
  }
})
