-- Counts the times that a mailbox was claimed, so that a statement of before the last claim writes nothing however late it
-- comes, not even where the same owner has claimed the mailbox again.
ALTER TABLE mail_state.heads ADD COLUMN claim bigint NOT NULL DEFAULT 0;
