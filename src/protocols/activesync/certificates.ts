import { X509Certificate } from "node:crypto"
import { rootCertificates } from "node:tls"

/** What becomes of a certificate (MS-ASCMD 2.2.3.177.18). */
export const verdicts = {
  valid: 1,
  badSignature: 3,
  untrusted: 4,
  badChain: 5,
  notForMail: 6,
  expired: 7,
  chainExpired: 8,
  malformed: 10,
  wrongAuthority: 11,
  revocationUnknown: 16
} as const
export type Verdict = (typeof verdicts)[keyof typeof verdicts]

/** Certificates by whom they are of. */
export type Authorities = ReadonlyMap<string, ReadonlyArray<X509Certificate>>

export const authoritiesOf = (certificates: ReadonlyArray<X509Certificate>): Authorities => {
  const bySubject = new Map<string, Array<X509Certificate>>()
  for (const certificate of certificates) {
    const named = bySubject.get(certificate.subject) ?? []
    bySubject.set(certificate.subject, named)
    named.push(certificate)
  }
  return bySubject
}

let trusted: Authorities | undefined

/** Those that Node comes with; read when they are needed first. */
export const trustedAuthorities = (): Authorities => {
  trusted ??= authoritiesOf(rootCertificates.map((pem) => new X509Certificate(pem)))
  return trusted
}

/** Null where it is none. */
export const readCertificate = (der: Uint8Array): X509Certificate | null => {
  try {
    return new X509Certificate(der)
  } catch {
    return null
  }
}

export interface Judging {
  readonly trusted: Authorities
  /** That came with it, to be believed only as far as somebody trusted vouches for them. */
  readonly chain: Authorities
  /** Epoch milliseconds. */
  readonly now: number
  /** Revocation lists are not fetched, so who insists on them cannot be satisfied. */
  readonly checksRevocation: boolean
  /** Signatures that may still be looked at for this request: each takes a millisecond of everybody's time. */
  readonly signatures: { left: number }
}

/** Longer chains do not exist. */
const maxChain = 10

/** Two for each certificate of the largest request. */
export const maxSignatures = 200

/** Follows a certificate to somebody who is trusted, and looks whether it is for mail. */
export const judge = (certificate: X509Certificate, judging: Judging): Verdict => {
  if (!isCurrent(certificate, judging.now)) return verdicts.expired
  const trust = followed(certificate, judging)
  if (trust !== verdicts.valid) return trust
  if (!isForMail(certificate)) return verdicts.notForMail
  return judging.checksRevocation ? verdicts.revocationUnknown : verdicts.valid
}

const followed = (certificate: X509Certificate, judging: Judging, length = 0): Verdict => {
  if (isAmong(certificate, judging.trusted)) return verdicts.valid
  if (length >= maxChain) return verdicts.badChain
  const signer = signerOf(certificate, judging)
  return typeof signer === "number" ? signer : followed(signer, judging, length + 1)
}

/** Who vouches for it, or why nobody does. */
const signerOf = (
  certificate: X509Certificate,
  { trusted: roots, chain, now, signatures }: Judging
): X509Certificate | Verdict => {
  const { issuer, fingerprint256 } = certificate
  const named = [...(roots.get(issuer) ?? []), ...(chain.get(issuer) ?? [])].filter((one) =>
    certificate.checkIssued(one)
  )
  const signer = named.find(({ publicKey }) => signatures.left-- > 0 && isSignedBy(certificate, publicKey))
  if (signer === undefined) return signatures.left < 0 ? verdicts.badChain : unsigned(certificate, named)
  // Vouches for itself, and nobody trusts it.
  if (signer.fingerprint256 === fingerprint256) return verdicts.untrusted
  if (!signer.ca) return verdicts.wrongAuthority
  return isCurrent(signer, now) ? signer : verdicts.chainExpired
}

/** Nobody that is known has signed it: somebody should have, or it says so of itself. */
const unsigned = (certificate: X509Certificate, named: ReadonlyArray<X509Certificate>): Verdict => {
  const isForged =
    named.length > 0 ||
    (certificate.issuer === certificate.subject && !isSignedBy(certificate, certificate.publicKey))
  return isForged ? verdicts.badSignature : verdicts.untrusted
}

const isSignedBy = (certificate: X509Certificate, key: X509Certificate["publicKey"]): boolean => {
  try {
    return certificate.verify(key)
  } catch {
    // A key of another kind than the signature.
    return false
  }
}

const isAmong = ({ subject, fingerprint256 }: X509Certificate, authorities: Authorities): boolean =>
  (authorities.get(subject) ?? []).some((one) => one.fingerprint256 === fingerprint256)

const isCurrent = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && now <= Date.parse(validTo)

/** emailProtection and anyExtendedKeyUsage (RFC 5280 4.2.1.12). Who says nothing may be used for all. */
const mailUsages: ReadonlyArray<string> = ["1.3.6.1.5.5.7.3.4", "2.5.29.37.0"]

const isForMail = ({ keyUsage }: X509Certificate): boolean => {
  const usages: ReadonlyArray<string> | undefined = keyUsage
  return usages === undefined || usages.some((usage) => mailUsages.includes(usage))
}
