export const mailBody = {
  "body.frame": "Nachricht",
  "body.quote": "Zitierten Text zeigen",
  "body.remote":
    "{count, plural, one {# Bild ist} other {# Bilder sind}} nicht geladen: {count, plural, one {sein} other {ihr}} Abruf kann dem Absender verraten, dass Sie dies lesen.",
  "body.remote.load": "Bilder laden",
  "body.remote.loading": "Wird geladen …",
  "body.remote.missing":
    "{count, plural, one {# Bild konnte} other {# Bilder konnten}} nicht geladen werden: fort, zu groß oder gar kein Bild.",
  "body.cut": "Diese Nachricht ist sehr lang. Gezeigt wird ihr Anfang; ganz steht sie im Quelltext.",
  "body.link.elsewhere": "Vorsicht: Dieser Link nennt {claimed} und führt zu {host}.",
  "body.notFromSender":
    "Vorsicht: Diese Nachricht ist vielleicht nicht von dem Absender, den sie nennt. Ein Mailserver konnte ihn nicht bestätigen.",
  "body.menu": "Mehr zu dieser Nachricht",
  "body.menu.print": "Drucken",
  "body.menu.file": "Als Datei herunterladen",
  "body.menu.source": "Quelltext zeigen",
  "body.print.from": "Von",
  "body.print.to": "An",
  "body.print.cc": "Cc",
  "body.print.date": "Datum"
} as const
