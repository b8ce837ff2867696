-- The last operations of a mailbox, for who wants to undo one.
CREATE INDEX operations_by_time ON mail_state.operations (user_id, created_at);
