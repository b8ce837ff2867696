/**
 * Whether a server on the way found that a message is not from whom it says (RFC 8601, RFC 7489): `fail` of DMARC, or
 * where nobody asked that, of SPF or DKIM while the other one did not pass. `headers`: kept fields by lower-case name.
 *
 * A warning only. That there is none proves nothing: the field may be the sender's own.
 */
export const isAuthenticationFailed = (headers: Readonly<Record<string, string>>): boolean => {
  const results = resultsIn(headers["authentication-results"] ?? "")
  const has = (method: string, ...wanted: ReadonlyArray<string>) =>
    results.some((result) => result.method === method && wanted.includes(result.result))
  if (results.some(({ method }) => method === "dmarc")) return has("dmarc", "fail")
  const passes = has("spf", "pass") || has("dkim", "pass")
  return !passes && (has("spf", "fail", "hardfail") || has("dkim", "fail"))
}

interface Result {
  readonly method: string
  readonly result: string
}

/** `method=result` at the beginning of each piece between semicolons; comments and strings say nothing. */
const resultsIn = (field: string): ReadonlyArray<Result> =>
  withoutText(field)
    .toLowerCase()
    .split(";")
    .slice(1)
    .flatMap((piece) => {
      const [, method, result] = /^\s*([a-z0-9-]+)(?:\s*\/\s*\d+)?\s*=\s*([a-z]+)/.exec(piece) ?? []
      return method === undefined || result === undefined ? [] : [{ method, result }]
    })

const withoutText = (field: string): string => {
  const kept: Array<string> = []
  let depth = 0
  for (const [piece] of field.matchAll(/"(?:[^"\\]|\\.)*"|\\.|[()]|[^"\\()]+|["\\]/gs)) {
    if (piece === "(") depth += 1
    else if (piece === ")") depth = Math.max(0, depth - 1)
    else if (depth === 0 && !piece.startsWith('"')) kept.push(piece)
  }
  return kept.join("")
}
