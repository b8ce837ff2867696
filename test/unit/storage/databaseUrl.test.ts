import { assert, describe, it } from "@effect/vitest"
import { Option, Redacted } from "effect"
import { readDatabaseUrl } from "../../../src/storage/databaseUrl.ts"

const read = (url: string) =>
  Option.map(readDatabaseUrl(Redacted.make(url)), ({ password, ...address }) => ({
    ...address,
    password: Redacted.value(password)
  }))

describe("the URL of a database", () => {
  const mail = { host: "db.test", port: 5432, database: "mail", user: "me", password: "", tls: null }
  for (const [what, url, address] of [
    ["a name", "postgres://me@db.test/mail", mail],
    [
      "a port, and what is percent-encoded",
      "postgresql://m%40e:p%2F%3Aw@db.test:6543/my%20mail",
      { ...mail, port: 6543, database: "my mail", user: "m@e", password: "p/:w" }
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

  for (const [parameters, tls] of [
    ["", null],
    ["?sslmode=disable", null],
    ["?sslmode=require", { mode: "require", authoritiesFile: null }],
    // As libpq has it: who names an authority wants to be sure of it.
    ["?sslmode=require&sslrootcert=/ca.pem", { mode: "verify-ca", authoritiesFile: "/ca.pem" }],
    ["?sslmode=verify-ca&sslrootcert=%2Fa%20ca.pem", { mode: "verify-ca", authoritiesFile: "/a ca.pem" }],
    ["?sslmode=verify-full&sslrootcert=/ca.pem", { mode: "verify-full", authoritiesFile: "/ca.pem" }],
    ["?sslmode=verify-full", { mode: "verify-full", authoritiesFile: null }],
    ["?sslmode=verify-full&sslrootcert=system", { mode: "verify-full", authoritiesFile: null }]
  ] as const) {
    it(`may ask for TLS as libpq does: ${parameters || "nothing"}`, () => {
      assert.deepEqual(read(`postgres://me@db.test/mail${parameters}`), Option.some({ ...mail, tls }))
      const socket = read(`postgres://me@%2Frun/mail${parameters}`)
      assert.deepEqual(socket, Option.some({ ...mail, host: "/run" }), "a socket has no TLS")
    })
  }

  for (const [what, url] of [
    ...[
      "sslmode=prefer",
      "sslmode=allow",
      "sslmode=",
      "sslmode=verify-ca",
      "sslmode=verify-ca&sslrootcert=system",
      "sslmode=require&sslrootcert=system",
      "sslmode=verify-full&sslrootcert=",
      "sslrootcert=/ca.pem",
      "sslmode=require&sslmode=disable",
      "sslmode=require&sslcert=/me.pem",
      "application_name=me"
    ].map((parameters) => [parameters, `postgres://me@db.test/mail?${parameters}`] as const),
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
