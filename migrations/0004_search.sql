-- Full text, one row per message. It can be thrown away and made again from mail_state and the blobs.

CREATE SCHEMA search;

CREATE TABLE search.documents (
  user_id uuid NOT NULL,
  message_id bigint NOT NULL,
  -- messages.received_at in epoch milliseconds: the order of answers.
  at bigint NOT NULL,
  -- Words of the header, each behind the mark of its field; words of the text in order, then those in no order.
  -- Folded, each with a space before it; a line feed ends a row of words (src/storage/search/document.ts).
  heads text NOT NULL,
  words text NOT NULL,
  PRIMARY KEY (user_id, message_id)
) PARTITION BY HASH (user_id);

-- Every word of a document begins with six characters of its mailbox. So the index leads with the mailbox, as all our
-- indexes do: a search costs what its own mailbox holds, and does not come upon words of other ones.
-- Not in SQL, and dear: the planner must not take it for something to call row by row.
CREATE FUNCTION search.lexemes(user_id uuid, heads text, words text) RETURNS tsvector
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
BEGIN
  RETURN array_to_tsvector(string_to_array(
    ltrim(replace(replace(heads || words, E' \n', ''), ' ', ' ' || right(user_id::text, 6)), ' '), ' '));
END
$$;

CREATE INDEX documents_by_time ON search.documents (user_id, at DESC, message_id DESC);
CREATE INDEX documents_by_word ON search.documents USING gin (search.lexemes(user_id, heads, words));

DO $$
BEGIN
  FOR n IN 0..15 LOOP
    -- Long rows leave their words elsewhere: what is walked through is narrow.
    EXECUTE format(
      'CREATE TABLE search.documents_%s PARTITION OF search.documents FOR VALUES WITH (MODULUS 16, REMAINDER %s)
        WITH (toast_tuple_target = 128)', n, n
    );
    -- Statistics would have to call the function for thousands of rows; nothing is asked of them.
    EXECUTE format('ALTER INDEX search.documents_%s_lexemes_idx ALTER COLUMN 1 SET STATISTICS 0', n);
  END LOOP;
END
$$;

-- How far the index of each mailbox has come.
CREATE TABLE search.indexes (
  user_id uuid PRIMARY KEY REFERENCES mail_state.users (id) ON DELETE CASCADE,
  -- Every message up to this number is in the index.
  message_id bigint NOT NULL DEFAULT 0,
  -- Every removal up to this change was followed.
  modseq bigint NOT NULL,
  -- Text search dictionaries that documents were stemmed with.
  dictionaries text[] NOT NULL DEFAULT '{}',
  -- While it is written anew: up to where that has come, and how far it goes. Null where it is not.
  rebuild_after bigint,
  rebuild_to bigint,
  CHECK ((rebuild_after IS NULL) = (rebuild_to IS NULL))
) WITH (fillfactor = 50);

-- Where another engine stands beside: how far its copy of search.documents has come. Without a row there is no copy.
CREATE TABLE search.mirrors (
  user_id uuid PRIMARY KEY REFERENCES mail_state.users (id) ON DELETE CASCADE,
  message_id bigint NOT NULL DEFAULT 0,
  modseq bigint NOT NULL
) WITH (fillfactor = 50);
