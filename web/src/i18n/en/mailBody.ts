export const mailBody = {
  "body.frame": "Message",
  "body.quote": "Show the quoted text",
  "body.remote":
    "{count, plural, one {# picture is} other {# pictures are}} not loaded: fetching {count, plural, one {it} other {them}} can tell the sender that you read this.",
  "body.remote.load": "Load pictures",
  "body.remote.loading": "Loading …",
  "body.remote.missing":
    "{count, plural, one {# picture} other {# pictures}} could not be loaded: gone, too large, or no picture at all.",
  "body.cut": "This message is very long. Its beginning is shown; the whole is in its source.",
  "body.link.elsewhere": "Careful: this link says {claimed} and leads to {host}.",
  "body.notFromSender":
    "Careful: this message is perhaps not from the sender that it names. A mail server could not confirm it.",
  "body.menu": "More about this message",
  "body.menu.print": "Print",
  "body.menu.file": "Download as a file",
  "body.menu.source": "Show the source",
  "body.print.from": "From",
  "body.print.to": "To",
  "body.print.cc": "Cc",
  "body.print.date": "Date"
} as const
