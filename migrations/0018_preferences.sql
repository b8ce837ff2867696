-- How people like web mail: one document each, of which a page knows a version and sends what is to be another.
CREATE TABLE mail_state.preferences (
  user_id uuid PRIMARY KEY REFERENCES mail_state.users (id) ON DELETE CASCADE,
  -- Every change takes the next one.
  version bigint NOT NULL CHECK (version > 0),
  -- What was ever chosen; the rest is as the program has it.
  document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object')
);
