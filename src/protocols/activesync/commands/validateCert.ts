import { Clock, Effect } from "effect"
import type { Answer, Command } from "../Command.ts"
import {
  type Authorities,
  authoritiesOf,
  judge,
  maxSignatures,
  readCertificate,
  trustedAuthorities,
  verdicts
} from "../certificates.ts"
import { booleanOf } from "../scalars.ts"
import { childOf, childrenOf, type Element, element, textOf } from "../wbxml/element.ts"

/** Statuses of the command (MS-ASCMD 2.2.3.177.18). */
const ok = 1
const protocolError = 2

/** MS-ASCMD_R5662. */
const maxCertificates = 100

/** Says of certificates whether mail that they signed may be believed (MS-ASCMD 2.2.1.22). */
export const validateCert =
  (trusted: () => Authorities = trustedAuthorities): Command =>
  ({ document }) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const asked = document === null ? undefined : readRequest(document)
      if (asked === undefined) return answer(protocolError, [])
      const chain = authoritiesOf(asked.chain.flatMap((der) => readCertificate(der) ?? []))
      const { checksRevocation } = asked
      const signatures = { left: maxSignatures }
      const judging = { trusted: trusted(), chain, now, checksRevocation, signatures }
      return answer(
        ok,
        asked.certificates.map((der) => {
          const certificate = readCertificate(der)
          return certificate === null ? verdicts.malformed : judge(certificate, judging)
        })
      )
    })

interface Asked {
  readonly certificates: ReadonlyArray<Uint8Array>
  readonly chain: ReadonlyArray<Uint8Array>
  readonly checksRevocation: boolean
}

const readRequest = (document: Element): Asked | undefined => {
  const certificates = certificatesIn(childOf(document, "ValidateCert:Certificates"))
  const chain = certificatesIn(childOf(document, "ValidateCert:CertificateChain"))
  const checks = childOf(document, "ValidateCert:CheckCRL")
  const checksRevocation = checks === undefined ? false : booleanOf(checks)
  const isRight =
    document.tag === "ValidateCert:ValidateCert" &&
    certificates.length > 0 &&
    certificates.length + chain.length <= maxCertificates
  return isRight && checksRevocation !== undefined ? { certificates, chain, checksRevocation } : undefined
}

const certificatesIn = (list: Element | undefined): ReadonlyArray<Uint8Array> =>
  childrenOf(list, "ValidateCert:Certificate").map((one) => Buffer.from(textOf(one), "base64"))

const answer = (status: number, judged: ReadonlyArray<number>): Answer => ({
  _tag: "Document",
  document: element(
    "ValidateCert:ValidateCert",
    element("ValidateCert:Status", status),
    judged.map((verdict) => element("ValidateCert:Certificate", element("ValidateCert:Status", verdict)))
  )
})
