/**
 * What of HTML a message may use. Nothing that asks for input, plays, embeds, or speaks to anybody; no SVG and no MathML,
 * whose parsing rules are where sanitisers were tricked before.
 */
export const allowedTags = words(`
  a abbr acronym address area article aside b bdi bdo big blockquote body br caption center cite code col colgroup dd del
  details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 head header hgroup hr html i img ins kbd li
  main map mark menu nav nobr ol p pre q rp rt ruby s samp section small span strike strong style sub summary sup table
  tbody td tfoot th thead time tr tt u ul var wbr #text
`)

/** No `name` but an anchor's and a map's (see `clean.ts`), no `target`, nothing that takes focus or keys. */
export const allowedAttributes = words(`
  abbr align alt background bgcolor border cellpadding cellspacing class clear color colspan compact coords datetime dir
  face headers height href hspace id lang link media name noshade nowrap open role rowspan rules scope shape size span src
  start style text title type usemap valign value vlink vspace width
`)

function words(text: string): Array<string> {
  return text.trim().split(/\s+/)
}
