import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect, type Scope } from "effect"

/** What one answer of the token endpoint has otherwise than it should. */
export interface Twist {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** Signs with a key that nobody was told of. */
  readonly isForged?: boolean
  readonly status?: number
}

/** An OpenID provider over HTTP that says what a test wants it to. */
export interface FakeIssuer {
  readonly url: string
  /** What the browser is sent back with for the authorization request at `url`. */
  readonly authorize: (url: string, twist?: Twist) => URLSearchParams
  /** How often each path was asked for. */
  readonly asked: ReadonlyMap<string, number>
}

const base64 = (value: object | string) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")

const makeKey = () => ({ kid: randomUUID(), ...generateKeyPairSync("ec", { namedCurve: "P-256" }) })

const signed = (key: KeyObject, header: object, claims: object): string => {
  const input = `${base64(header)}.${base64(claims)}`
  return `${input}.${sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`
}

/** As a client names itself to the token endpoint (RFC 6749 2.3.1, appendix B). */
const formEncoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[-_.!~*'()]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")

const readBody = async (request: IncomingMessage) => {
  const pieces: Array<Buffer> = []
  for await (const piece of request) pieces.push(Buffer.from(piece))
  return new URLSearchParams(Buffer.concat(pieces).toString("utf8"))
}

/** Whether what is asked for the code is what the code was asked with (RFC 7636 4.6, RFC 6749 4.1.3). */
const isRedeemed = (parameters: URLSearchParams, form: URLSearchParams): boolean => {
  const challenge = createHash("sha256")
    .update(form.get("code_verifier") ?? "")
    .digest("base64url")
  return (
    parameters.get("code_challenge") === challenge &&
    parameters.get("redirect_uri") === form.get("redirect_uri")
  )
}

const json = (response: ServerResponse, body: unknown, code = 200) =>
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body))

export const fakeIssuer = (options: {
  readonly clientId: string
  readonly clientSecret: string
  readonly address: string
}): Effect.Effect<FakeIssuer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const key = makeKey()
    let url = ""
    const asked = new Map<string, number>()
    const codes = new Map<string, { readonly parameters: URLSearchParams; readonly twist: Twist }>()
    const basic = `Basic ${Buffer.from(`${formEncoded(options.clientId)}:${formEncoded(options.clientSecret)}`).toString("base64")}`

    const idToken = (parameters: URLSearchParams, { header, claims, isForged = false }: Twist) => {
      const now = Math.floor(Date.now() / 1000)
      const head = { alg: "ES256", kid: key.kid, ...header }
      const body = {
        iss: url,
        aud: options.clientId,
        sub: "somebody",
        iat: now,
        exp: now + 60,
        nonce: parameters.get("nonce"),
        email: options.address,
        email_verified: true,
        ...claims
      }
      if (head.alg === "none") return `${base64(head)}.${base64(body)}.`
      return signed((isForged ? makeKey() : key).privateKey, head, body)
    }

    const token = async (request: IncomingMessage, response: ServerResponse) => {
      const form = await readBody(request)
      if (request.headers.authorization !== basic) return json(response, { error: "invalid_client" }, 401)
      const code = form.get("code") ?? ""
      const issued = codes.get(code)
      codes.delete(code)
      if (issued === undefined) return json(response, { error: "invalid_grant" }, 400)
      const { parameters, twist } = issued
      if (!isRedeemed(parameters, form)) return json(response, { error: "invalid_grant" }, 400)
      if (twist.status !== undefined) return json(response, { error: "server_error" }, twist.status)
      return json(response, {
        access_token: randomUUID(),
        token_type: "Bearer",
        id_token: idToken(parameters, twist)
      })
    }

    const server = createServer((request, response) => {
      const path = request.url?.split("?", 1)[0] ?? ""
      asked.set(path, (asked.get(path) ?? 0) + 1)
      switch (path) {
        case "/.well-known/openid-configuration":
          return json(response, {
            issuer: url,
            authorization_endpoint: `${url}/authorize`,
            token_endpoint: `${url}/token`,
            jwks_uri: `${url}/jwks`,
            end_session_endpoint: `${url}/sign-out`,
            id_token_signing_alg_values_supported: ["ES256"],
            authorization_response_iss_parameter_supported: true
          })
        case "/jwks":
          return json(response, {
            keys: [{ ...key.publicKey.export({ format: "jwk" }), kid: key.kid, alg: "ES256", use: "sig" }]
          })
        case "/token":
          return void token(request, response)
        default:
          return response.writeHead(404).end()
      }
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    )
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
    return {
      url,
      asked,
      authorize: (to, twist = {}) => {
        const parameters = new URL(to).searchParams
        const code = randomUUID()
        codes.set(code, { parameters, twist })
        return new URLSearchParams({ code, state: parameters.get("state") ?? "", iss: url })
      }
    }
  })
