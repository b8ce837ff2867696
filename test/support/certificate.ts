import { Effect } from "effect"
import { generate } from "selfsigned"

/** A pair in PEM. The certificate vouches for itself, and is for this name and, where one is given, this address. */
export const selfSigned = (name: string, ip?: string) =>
  Effect.promise(async () => {
    const { private: key, cert } = await generate([{ name: "commonName", value: name }], {
      keyType: "ec",
      curve: "P-256",
      algorithm: "sha256",
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        {
          name: "subjectAltName",
          altNames: [{ type: 2, value: name }, ...(ip === undefined ? [] : [{ type: 7, ip } as const])]
        }
      ]
    })
    return { key, cert }
  })

/** What processes of one deployment have: a certificate that its authority signed. */
export const deployment = (authority: string) =>
  Effect.gen(function* () {
    const ca = yield* selfSigned(authority)
    const credentials = Effect.promise(async () => {
      const { private: key, cert } = await generate([{ name: "commonName", value: "a runner" }], {
        keyType: "ec",
        curve: "P-256",
        algorithm: "sha256",
        ca
      })
      return { key, cert, ca: ca.cert }
    })
    return { ca: ca.cert, credentials }
  })
