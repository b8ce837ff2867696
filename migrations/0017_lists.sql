-- Lists of a folder by date (src/storage/mailbox/listStatements.ts). A page deep down is found without reading what lies
-- above it: each index has all that is asked of it.
DROP INDEX mail_state.messages_by_age;
CREATE INDEX messages_by_age ON mail_state.messages (user_id, mailbox_id, received_at, uid) INCLUDE (id);

CREATE INDEX messages_unread ON mail_state.messages (user_id, mailbox_id, received_at, id)
  WHERE NOT flags @> '{"\\Seen"}';
CREATE INDEX messages_flagged ON mail_state.messages (user_id, mailbox_id, received_at, id)
  WHERE flags @> '{"\\Flagged"}';
CREATE INDEX messages_with_attachments ON mail_state.messages (user_id, mailbox_id, received_at, id)
  WHERE has_attachments;
