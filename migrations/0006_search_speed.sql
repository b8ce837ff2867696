-- What keeps searches from reading all that might be meant.

-- A Bloom filter of the words that stand beside each other (src/storage/search/pairs.ts); null = any may. Always in the
-- row: it is looked at where the text is not.
ALTER TABLE search.documents ADD COLUMN pairs bytea;
ALTER TABLE search.documents ALTER COLUMN pairs SET STORAGE PLAIN;

-- Mail that somebody marked is little of a mailbox. New mail is not in here, and costs nothing.
CREATE INDEX messages_marked ON mail_state.messages (user_id, id)
  WHERE flags && '{"\\Flagged","\\Draft","$Forwarded","$Junk"}' OR categories <> '{}';

-- Which index of the other engine a tenant's copy is in. Another one holds nothing of it.
CREATE TABLE search.copies (
  tenant_id uuid PRIMARY KEY REFERENCES mail_state.tenants (id) ON DELETE CASCADE,
  -- As the engine says it.
  made_at text NOT NULL
);
