/** Options of every command; each takes a value. */
const names = ["server", "port-offset", "data", "token", "as", "output"]

/**
 * Options may stand before the command too, as in `postroom --output json user list`; the parser wants them behind it.
 * `argv` without the program's own name.
 */
export const globalsLast = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const moved: Array<string> = []
  let at = 0
  for (;;) {
    const [, name, hasValue] = /^--([a-z-]+)(=)?/.exec(argv[at] ?? "") ?? []
    if (name === undefined || !names.includes(name)) break
    const size = hasValue === undefined ? 2 : 1
    moved.push(...argv.slice(at, at + size))
    at += size
  }
  return [...argv.slice(at), ...moved]
}
