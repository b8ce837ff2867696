import { useWords } from "../../i18n/WordsProvider.tsx"
import type { LinkTarget } from "./linkTarget.ts"

/** Where the link leads that the pointer or the focus is on; loudly, where its text names another place. */
export const LinkLine = ({ link }: { readonly link: LinkTarget | null }) => {
  const words = useWords()
  if (link === null || link.href.startsWith("#")) return null
  const { href, host, claimedHost } = link
  return (
    <p className="link-line" role="status" data-is-elsewhere={claimedHost !== null}>
      {claimedHost === null || host === null ? (
        <bdi dir="ltr">{href}</bdi>
      ) : (
        words.say("body.link.elsewhere", { claimed: claimedHost, host })
      )}
    </p>
  )
}
