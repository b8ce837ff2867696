import type { deadLetters as english } from "../en/deadLetters.ts"

export const deadLetters: Readonly<Record<keyof typeof english, string>> = {
  "dead.title": "Unzustellbar",
  "dead.causes": "Ursachen",
  "dead.causes.note":
    "{tasks, plural, one {# Aufgabe} other {# Aufgaben}} in {causes, plural, one {# Gruppe} other {# Gruppen}}",
  "dead.empty": "Keine Arbeit wurde aufgegeben. Hier ist nichts zu tun.",
  "dead.safe":
    "Nichts hier ist verloren: Jede Aufgabe wird verwahrt, bis Sie sie erneut versuchen oder verwerfen.",
  "dead.count": "{tasks, plural, one {# Aufgabe} other {# Aufgaben}}",
  "dead.since": "{stream} · zuerst {first} · zuletzt {last}",
  "dead.stream": "Warteschlange",
  "dead.task": "Aufgabe",
  "dead.attempts": "Versuche",
  "dead.died": "Aufgegeben",
  "dead.correlation": "Korrelations-ID",
  "dead.inspect": "Ansehen …",
  "dead.inspect.title": "Aufgabe {task}",
  "dead.inspect.note": "Was der Arbeiter bekam. Es nennt Adressen, keinen Inhalt.",
  "dead.error": "Fehler des letzten Versuchs",
  "dead.created": "Angenommen",
  "dead.tenant": "Mandant",
  "dead.shown": "Gezeigt werden die ersten {count, number}.",
  "dead.replay.one": "Eine erneut versuchen …",
  "dead.replay.one.title": "Die erste Aufgabe erneut versuchen",
  "dead.replay.one.happens":
    "Aufgabe {task} geht zurück in {stream}, ihre Versuche zählen neu, und sie ist sofort fällig.",
  "dead.replay.all": "Alle erneut versuchen …",
  "dead.replay.all.title": "Alle Aufgaben dieser Ursache erneut versuchen",
  "dead.replay.all.happens":
    "{tasks, plural, one {# Aufgabe geht} other {# Aufgaben gehen}} zurück in {stream}, ihre Versuche zählen neu.",
  "dead.replay.pace": "Aufgaben je Sekunde, höchstens",
  "dead.replay.pace.happens":
    "Fällig werden höchstens {rate, number} je Sekunde, damit neue Post ihren Platz behält: die letzte in etwa {time}.",
  "dead.replay.once":
    "Keine Nachricht kommt zweimal an: Eine Aufgabe erreicht ein Postfach höchstens einmal, wie oft sie auch läuft.",
  "dead.replay.again": "Was wieder scheitert, kommt hierher zurück.",
  "dead.replay.confirm":
    "{tasks, plural, one {# Aufgabe erneut versuchen} other {# Aufgaben erneut versuchen}}",
  "dead.replay.done": "{tasks, plural, one {# Aufgabe ist} other {# Aufgaben sind}} zurück in {stream}."
}
