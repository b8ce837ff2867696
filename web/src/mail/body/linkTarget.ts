/** Where a link leads, for people. */
export interface LinkTarget {
  readonly href: string
  /** Of a link to the web; in its written form, so that letters that look alike are told apart. */
  readonly host: string | null
  /** The host that the link's text names, where it leads to another one. */
  readonly claimedHost: string | null
}

export const linkTarget = (href: string, text: string): LinkTarget => {
  const host = hostOf(href)
  const named = /^\s*(?:https?:\/\/)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/:?#]\S*)?\s*$/i.exec(text)?.[1]
  const claimed = named === undefined ? null : hostOf(`https://${named}`)
  return { href, host, claimedHost: isElsewhere(claimed, host) ? claimed : null }
}

const hostOf = (href: string): string | null =>
  /^https?:/i.test(href) && URL.canParse(href) ? new URL(href).hostname : null

const isElsewhere = (claimed: string | null, host: string | null): boolean =>
  claimed !== null && host !== null && withoutWww(claimed) !== withoutWww(host)

const withoutWww = (host: string): string => host.replace(/^www\./, "")
