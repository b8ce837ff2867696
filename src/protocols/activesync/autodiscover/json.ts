/** An answer of Autodiscover v2, which needs no sign-in: it says the same to everybody. */
export interface JsonAnswer {
  readonly code: 200 | 400
  readonly body: Readonly<Record<string, string>>
}

/** By protocol: where it is served. */
const paths = new Map([
  ["activesync", { name: "ActiveSync", path: "/Microsoft-Server-ActiveSync" }],
  ["autodiscoverv1", { name: "AutodiscoverV1", path: "/autodiscover/autodiscover.xml" }]
])

/** `email` and `protocol` as they were asked for; null = they were not. */
export const answerJson = (
  { email, protocol }: { readonly email: string | null; readonly protocol: string | null },
  publicUrl: string
): JsonAnswer => {
  if (email === null || email === "") return missing("Email")
  if (protocol === null || protocol === "") return missing("Protocol")
  const found = paths.get(protocol.toLowerCase())
  return found === undefined
    ? refusal("InvalidProtocol", "Supported protocols are ActiveSync and AutodiscoverV1.")
    : { code: 200, body: { Protocol: found.name, Url: `${publicUrl}${found.path}` } }
}

const missing = (name: string) =>
  refusal("MandatoryParameterMissing", `A value must be provided for the query parameter '${name}'.`)

const refusal = (ErrorCode: string, ErrorMessage: string): JsonAnswer => ({
  code: 400,
  body: { ErrorCode, ErrorMessage }
})
