-- Answers and forwards by their conversation; the message that began it has the conversation's number.
CREATE INDEX messages_by_thread ON mail_state.messages (user_id, thread_id, id) WHERE thread_id <> id;

-- Conversations that were moved for good: what comes of them belongs in the folder (MS-ASCON 2.2.2.8).
CREATE TABLE mail_state.thread_moves (
  user_id uuid NOT NULL,
  thread_id bigint NOT NULL,
  -- The folder.
  mailbox_id bigint NOT NULL,
  PRIMARY KEY (user_id, thread_id),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mail_state.mailboxes (user_id, id) ON DELETE CASCADE
);
