import type { shell as english } from "../en/shell.ts"

export const shell: Readonly<Record<keyof typeof english, string>> = {
  "shell.name": "Postroom",
  "shell.skip": "Zum Inhalt springen",
  "shell.loading": "Wird geladen …",
  "shell.notFound": "Diese Seite gibt es nicht.",
  "shell.toConsole": "Zur Konsole",
  "shell.broken":
    "Diese Seite ist abgestürzt. Sie lässt sich neu laden; auf dem Server hat sich nichts geändert.",
  "shell.reload": "Neu laden",
  "shell.pages": "Seiten",
  "shell.settings": "Einstellungen",
  "shell.theme": "Design",
  "shell.theme.system": "Wie das System",
  "shell.theme.light": "Hell",
  "shell.theme.dark": "Dunkel",
  "shell.language": "Sprache",
  "shell.signOut": "Abmelden",
  "shell.close": "Schließen",
  "signIn.title": "An der Konsole anmelden",
  "signIn.explain":
    "Mit dem Token des Betreibers. Auf dem Rechner des Servers steht es im Datenordner in der Datei secrets/operator-token.",
  "signIn.token": "Betreiber-Token",
  "signIn.kept": "Es bleibt in diesem Tab, bis Sie ihn schließen oder sich abmelden.",
  "signIn.submit": "Anmelden",
  "signIn.checking": "Anmeldung läuft …",
  "signIn.missing": "Fügen Sie zuerst ein Token ein.",
  "signIn.ended": "Der Server nimmt dieses Token nicht mehr an. Melden Sie sich neu an.",
  "signIn.plain":
    "Diese Verbindung ist nicht verschlüsselt: Wer unterwegs mithört, kann das Token lesen. Besser ist https://.",
  "live.loading": "Verbindung wird aufgebaut …",
  "live.live": "Live",
  "live.lost": "Getrennt",
  "live.lostSince":
    "Der Server ist seit {time} nicht erreichbar. Sie sehen den Stand von damals; er wird von selbst wieder aktuell.",
  "live.back": "Die Verbindung steht wieder. Was Sie sehen, ist aktuell.",
  "live.retry": "Jetzt versuchen",
  "problem.unauthenticated": "Der Server kennt dieses Token nicht.",
  "problem.denied": "Dieses Token darf das nicht: Nötig ist das des Betreibers.",
  "problem.away":
    "Der Server ist nicht erreichbar, oder ein Teil von ihm fehlt. Versuchen Sie es gleich noch einmal.",
  "problem.tooMany": "Zu viele Versuche. Warten Sie einen Moment.",
  "problem.unknownMethod": "Dieser Server bietet das noch nicht an.",
  "problem.other": "Der Server hat abgelehnt: {reason}"
}
