import { assert, describe, it } from "@effect/vitest"
import { Busy, LimitExceeded, NotFound, PermissionDenied, Unavailable } from "../../../src/domain/errors.ts"
import { carry, statusOfCore } from "../../../src/protocols/activesync/carrier.ts"
import { commandNames } from "../../../src/protocols/activesync/commandNames.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { itLints, toXml } from "../../support/activesync/wbxml.ts"

const codeAt121 = (status: number, command: (typeof commandNames)[number] = "Sync", policyKey = "1") => {
  const carried = carry(status, { command, version: "12.1", policyKey })
  return carried._tag === "AsCode" ? carried.code : null
}

describe("a status", () => {
  it("MS-ASCMD_R7461, MS-ASCMD_R7462: is an HTTP code until 12.1, whatever the command", () => {
    for (const command of commandNames) {
      for (let status = 101; status <= 184; status++) {
        const code = codeAt121(status, command)
        assert.isNotNull(code, command)
        assert.notStrictEqual(code, 401)
        assert.isTrue(code !== null && code >= 400 && code < 600, `${command} ${status}`)
      }
    }
  })

  it.each([
    ["MS-ASCMD_R7546", 101, 400],
    ["MS-ASCMD_R7547", 103, 400],
    ["MS-ASCMD_R7548", 106, 400],
    ["MS-ASCMD_R7550", 110, 500],
    ["MS-ASCMD_R7551", 111, 503],
    ["MS-ASCMD_R7552", 112, 403],
    ["MS-ASCMD_R7553", 113, 507],
    ["MS-ASCMD_R7554", 125, 403],
    ["MS-ASCMD_R7555", 126, 403],
    ["MS-ASCMD_R7556", 132, 403],
    ["MS-ASCMD_R7558", 137, 501],
    ["MS-ASCMD_R7559", 138, 400],
    ["MS-ASCMD_R7562", 140, 449],
    ["MS-ASCMD_R7563", 141, 449],
    ["MS-ASCMD_R7564", 142, 449],
    ["MS-ASCMD_R7565", 143, 449],
    ["MS-ASCMD_R7566", 144, 449],
    ["MS-ASCMD_R7567", 147, 400]
  ])("%s: %i is HTTP %i", (_, status, code) => {
    assert.strictEqual(codeAt121(status), code)
  })

  it("MS-ASCMD_R7549, MS-ASCMD_R7557, MS-ASCMD_R166: depends on the command in some", () => {
    assert.strictEqual(codeAt121(106, "SendMail"), 500)
    assert.strictEqual(codeAt121(132, "Provision"), 500)
    assert.strictEqual(codeAt121(150, "GetAttachment"), 500)
  })

  it("MS-ASCMD_R7561: a wipe is 403 for who has no policy key", () => {
    assert.deepStrictEqual(carry(140, { command: "Sync", version: "12.1", policyKey: null }), {
      _tag: "AsCode",
      code: 403
    })
  })

  it("stands in a document of the command from 14.0 on, where the command has one", () => {
    for (const command of commandNames) {
      for (const version of ["14.0", "14.1", "16.0", "16.1"] as const) {
        const carried = carry(142, { command, version, policyKey: null })
        if (carried._tag === "AsCode") assert.strictEqual(command, "GetAttachment")
        else
          assert.match(
            toXml(carried.document),
            command === "MeetingResponse"
              ? /^<MeetingResponse:MeetingResponse>\n {2}<Result>\n {4}<Status>142<\/Status>/
              : new RegExp(`^<\\w+:${command}>\n  <Status>142</Status>\n</`)
          )
      }
    }
  })
})

describe("an error of Core", () => {
  it("that may pass is told as such", () => {
    assert.include(statusOfCore(new Busy({ retryAfterMillis: 2_500 })), { status: 111, retryAfter: 3 })
    assert.include(statusOfCore(new Unavailable({ what: "storage" })), { status: 111 })
    assert.include(statusOfCore(new Unavailable({ what: "mailbox" })), { status: 133 })
    assert.include(statusOfCore(new LimitExceeded({ limit: "rate", max: 1 })), { status: 111 })
    for (const status of [111, 133]) assert.strictEqual(codeAt121(status), 503)
  })

  it("that stays has a status of its own", () => {
    assert.strictEqual(statusOfCore(new LimitExceeded({ limit: "quota", max: 1 })).status, 113)
    assert.strictEqual(statusOfCore(new NotFound({ what: "message" })).status, 150)
    assert.strictEqual(statusOfCore(new PermissionDenied()).status, 130)
  })
})

itLints(
  commandNames.flatMap((command) => {
    const carried = carry(103, { command, version: "16.1", policyKey: null })
    return carried._tag === "InDocument" ? [encode(carried.document)] : []
  })
)
