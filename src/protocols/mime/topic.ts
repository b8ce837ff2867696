/** Reply and forward marks of common mail clients, as they stand before a colon. */
const marks = new Set(
  "re,fw,fwd,aw,wg,sv,vs,vl,vb,antw,antwort,odp,ynt,rv,tr,res,enc,ref,i,r,rif,doorst,vä,bls,atb,hl,továbbítás,回复,答复,转发,回覆,轉寄".split(
    ","
  )
)

const maxMarks = 50

/** The rest after one leading `Re:`, `Re[2]:` or `Fwd :`, or undefined when there is none. */
const withoutReplyMark = (subject: string): string | undefined => {
  const mark = /^([^\s:：[\]()]{1,12})\s?(?:[[(]\d{1,4}[\])])?\s?[:：]\s*/.exec(subject)
  return mark !== null && marks.has((mark[1] ?? "").toLowerCase()) ? subject.slice(mark[0].length) : undefined
}

/** As before, or after a `[list]`. */
const withoutMark = (subject: string): string | undefined => {
  const tag = /^\[[^[\]]{0,60}\]\s*/.exec(subject)
  if (tag !== null && tag[0].length < subject.length) return subject.slice(tag[0].length)
  return withoutReplyMark(subject)
}

/** The subject as people wrote it, without the marks that answers and forwards put before it. */
export const topicText = (subject: string): string => {
  let topic = subject.trim()
  for (let i = 0; i < maxMarks; i++) {
    const rest = withoutReplyMark(topic)
    if (rest === undefined) break
    topic = rest
  }
  return topic
}

/**
 * The base subject that messages of one conversation share, in the spirit of RFC 5256 2.1: lower case, white space
 * folded, reply and forward marks, `[list]` tags and a trailing `(fwd)` removed.
 */
export const topicOf = (subject: string): string => {
  let topic = subject.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim()
  for (let i = 0; i < maxMarks; i++) {
    const rest = topic.endsWith("(fwd)") ? topic.slice(0, -5).trimEnd() : withoutMark(topic)
    if (rest === undefined) break
    topic = rest
  }
  return topic
}
