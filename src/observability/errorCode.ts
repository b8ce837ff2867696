/**
 * `ENOENT`, `ECONNREFUSED` …: what may be told of an error, since its text may quote anybody; "" where it has none, as
 * what did not come from the system.
 */
export const errorCode = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
