-- Messages that wait for the time at which they are sent, by who sends them: the author's own copy names it.
CREATE INDEX tasks_held ON queue.tasks ((payload -> 'held' ->> 'mailboxId'), available_at)
  WHERE status = 'queued' AND payload ? 'held';
