/**
 * What programs put before the subject of an answer or of what they forward: English, German (Aw, WG), Dutch, French,
 * Italian, Spanish, Portuguese, the Nordic languages, Polish, Turkish; `Re[2]:` counts answers.
 */
const mark =
  /^\s*(?:re|aw|antw|antwort|sv|vs|odp|ynt|ref|rif|fwd?|wg|weitergeleitet|tr|rv|enc|vb|doorst|pd|i|ilt)(?:\s*[[(]\d{1,3}[\])])?\s*[:：]\s*/i

/** The subject without any of them. */
export const bareSubject = (subject: string): string => {
  let bare = subject
  for (let before = ""; before !== bare; ) {
    before = bare
    bare = bare.replace(mark, "")
  }
  return bare.trim()
}

/** `Re:` once, whatever language it had (RFC 5322 3.6.5 knows no other word). */
export const replySubject = (subject: string): string => `Re: ${bareSubject(subject)}`.trimEnd()

export const forwardSubject = (subject: string): string => `Fwd: ${bareSubject(subject)}`.trimEnd()
