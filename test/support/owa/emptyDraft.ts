/** A draft of which nothing is written yet. */
export const empty = {
  to: [],
  cc: [],
  bcc: [],
  subject: "",
  html: null,
  text: "",
  answers: null,
  attachments: []
}
