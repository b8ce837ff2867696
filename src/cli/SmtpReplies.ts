import { Data } from "effect"

/** The connection broke, or the server does not speak SMTP. */
export class SmtpLost extends Data.TaggedError("SmtpLost")<{ readonly message: string }> {}

/** RFC 5321 4.2: a code and the text of all lines. */
export interface Reply {
  readonly code: number
  readonly text: string
}

/** Octets of replies that may wait; a server that says more is none. */
const maxReplyBytes = 256 * 1024

/** Splits what the server says into replies and hands them out in order. */
export class SmtpReplies {
  #text = ""
  #lines: Array<string> = []
  #ready: Array<Reply> = []
  #waiting: Array<{ readonly give: (reply: Reply) => void; readonly fail: (error: SmtpLost) => void }> = []
  #broken: SmtpLost | undefined

  push(chunk: string): void {
    this.#text += chunk
    if (this.#text.length > maxReplyBytes) {
      this.break("The server's answer has no end.")
      return
    }
    const lines = this.#text.split(/\r?\n/)
    this.#text = lines.pop() ?? ""
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    const [, code, mark, text] = /^(\d{3})([ -]?)(.*)$/.exec(line) ?? []
    if (code === undefined || text === undefined) {
      this.break("The server does not speak SMTP.")
      return
    }
    this.#lines.push(text)
    if (mark === "-") return
    const reply = { code: Number(code), text: this.#lines.join("\n") }
    this.#lines = []
    const first = this.#waiting.shift()
    if (first === undefined) this.#ready.push(reply)
    else first.give(reply)
  }

  break(message: string): void {
    this.#broken ??= new SmtpLost({ message })
    for (const { fail } of this.#waiting.splice(0)) fail(this.#broken)
  }

  readonly next = (): Promise<Reply> => {
    const ready = this.#ready.shift()
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.#broken !== undefined) return Promise.reject(this.#broken)
    return new Promise((give, fail) => this.#waiting.push({ give, fail }))
  }
}
