import { X509Certificate } from "node:crypto"
import { Effect } from "effect"
import { generate } from "selfsigned"

interface Wanted {
  readonly name: string
  readonly isAuthority?: boolean
  /** For mail where it is not said. */
  readonly usage?: "emailProtection" | "serverAuth" | "none"
  /** All of 2030 where it is not said. */
  readonly from?: Date
  readonly to?: Date
}

export interface Issued {
  readonly certificate: X509Certificate
  readonly pem: { readonly key: string; readonly cert: string }
}

const newYear = new Date(Date.UTC(2030, 0, 1))
const newYearsEve = new Date(Date.UTC(2030, 11, 31))

/** A certificate that `issuer` vouches for, or itself. */
export const issued = (wanted: Wanted, issuer: Issued | null = null): Effect.Effect<Issued> =>
  Effect.promise(async () => {
    const { name, isAuthority = false, usage = "emailProtection", from = newYear, to = newYearsEve } = wanted
    const { private: key, cert } = await generate([{ name: "commonName", value: name }], {
      keyType: "ec",
      algorithm: "sha256",
      ...(issuer === null ? {} : { ca: issuer.pem }),
      notBeforeDate: from,
      notAfterDate: to,
      extensions: [
        { name: "basicConstraints", cA: isAuthority, critical: true },
        ...(isAuthority || usage === "none" ? [] : [{ name: "extKeyUsage", [usage]: true } as const])
      ]
    })
    return { certificate: new X509Certificate(cert), pem: { key, cert } }
  })

/** The last octet of the signature is another one. */
export const forged = ({ certificate }: Issued): Buffer => {
  const bytes = Buffer.from(certificate.raw)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  return bytes
}
