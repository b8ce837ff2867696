export const deadLetters = {
  "dead.title": "Dead letters",
  "dead.causes": "Causes",
  "dead.causes.note":
    "{tasks, plural, one {# task} other {# tasks}} in {causes, plural, one {# group} other {# groups}}",
  "dead.empty": "No work has been given up. Nothing to do here.",
  "dead.safe": "Nothing here is gone: each task is kept until you replay it, or drop it for good.",
  "dead.count": "{tasks, plural, one {# task} other {# tasks}}",
  "dead.since": "{stream} · first {first} · last {last}",
  "dead.stream": "Stream",
  "dead.task": "Task",
  "dead.attempts": "Attempts",
  "dead.died": "Given up",
  "dead.correlation": "Correlation id",
  "dead.inspect": "Inspect …",
  "dead.inspect.title": "Task {task}",
  "dead.inspect.note": "What the worker got. It names addresses, not content.",
  "dead.error": "Error of the last attempt",
  "dead.created": "Accepted",
  "dead.tenant": "Tenant",
  "dead.shown": "The first {count, number} are shown.",
  "dead.replay.one": "Replay one …",
  "dead.replay.one.title": "Replay the first task",
  "dead.replay.one.happens":
    "Task {task} goes back into {stream} with a fresh count of attempts, and is due at once.",
  "dead.replay.all": "Replay all …",
  "dead.replay.all.title": "Replay all tasks of this cause",
  "dead.replay.all.happens":
    "{tasks, plural, one {# task goes} other {# tasks go}} back into {stream} with a fresh count of attempts.",
  "dead.replay.pace": "Tasks in a second, at most",
  "dead.replay.pace.happens":
    "They are due at most {rate, number} in a second, so that new mail keeps its place: the last one in about {time}.",
  "dead.replay.once":
    "No message comes in twice: a task reaches a mailbox at most once, however often it runs.",
  "dead.replay.again": "Whatever fails again comes back here.",
  "dead.replay.confirm": "{tasks, plural, one {Replay # task} other {Replay # tasks}}",
  "dead.replay.done": "{tasks, plural, one {# task is} other {# tasks are}} back in {stream}."
} as const
