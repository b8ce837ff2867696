-- Where a commit is traced: the `traceparent` of its span, with which the work that follows goes on.
ALTER TABLE mail_state.outbox ADD COLUMN traceparent text;
