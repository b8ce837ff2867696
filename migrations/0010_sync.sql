-- Devices in step with mailboxes (docs/decisions/0015-sync-cursors.md).

-- A cursor takes the place of the one whose key it names, or of none: what a lost statement of long ago still writes must not
-- undo what came after it.
ALTER TABLE mail_state.cursors ADD COLUMN replaces text NOT NULL DEFAULT '';
COMMENT ON COLUMN mail_state.cursors.collection IS 'a folder''s number, `hierarchy`, or a kept request';
COMMENT ON COLUMN mail_state.cursors.state IS 'what the device knows once it has the last answer';
COMMENT ON COLUMN mail_state.cursors.previous IS 'what it knew before, and enough of the answer to give it again';

-- A folder by age: how far a device was told of it, and how far it wants to be.
CREATE INDEX messages_by_age ON mail_state.messages (user_id, mailbox_id, received_at, uid);

-- What is planned with a message, and what was last done with it; null as a rule.
ALTER TABLE mail_state.messages ADD COLUMN marks jsonb;

-- The few changes that are about the folders themselves.
CREATE INDEX journal_of_hierarchy ON mail_state.journal (user_id, modseq)
  WHERE change ->> '_tag' IN ('FolderCreated', 'FolderRenamed', 'FolderMoved', 'FolderDeleted');
