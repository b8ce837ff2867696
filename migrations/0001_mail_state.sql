-- Mail state. Words: `mailboxes` are folders; a user's mailbox is users.id (docs/naming.md).
-- Hot tables are hash-partitioned by mailbox (user_id), and every index of them leads with it.

CREATE SCHEMA mail_state;

CREATE TABLE mail_state.tenants (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 255),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mail_state.domains (
  -- A-label form, lower case.
  name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 255),
  tenant_id uuid NOT NULL REFERENCES mail_state.tenants (id),
  -- Takes mail for unknown local parts; null = they are refused.
  catch_all uuid,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX domains_by_tenant ON mail_state.domains (tenant_id);

CREATE TABLE mail_state.users (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES mail_state.tenants (id),
  -- Canonical address: local part lower case in NFC, domain as A-labels.
  email text NOT NULL UNIQUE,
  display_name text NOT NULL DEFAULT '',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  roles text[] NOT NULL DEFAULT '{user}',
  quota_bytes bigint CHECK (quota_bytes > 0),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX users_by_tenant ON mail_state.users (tenant_id, email);
ALTER TABLE mail_state.domains ADD FOREIGN KEY (catch_all) REFERENCES mail_state.users (id);

CREATE TABLE mail_state.aliases (
  address text PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES mail_state.users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX aliases_by_user ON mail_state.aliases (user_id);

CREATE TABLE mail_state.credentials (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES mail_state.users (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('password', 'app_password', 'token')),
  label text NOT NULL DEFAULT '',
  -- argon2id string for passwords; hex SHA-256 for tokens, which are random enough.
  secret_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz
);
CREATE INDEX credentials_by_user ON mail_state.credentials (user_id, kind);
CREATE UNIQUE INDEX credentials_by_token ON mail_state.credentials (secret_hash) WHERE kind = 'token';

-- One row per mailbox: who may write it (epoch), and how far it is (modseq).
CREATE TABLE mail_state.heads (
  user_id uuid PRIMARY KEY REFERENCES mail_state.users (id) ON DELETE CASCADE,
  epoch bigint NOT NULL DEFAULT 0,
  modseq bigint NOT NULL DEFAULT 0,
  next_message bigint NOT NULL DEFAULT 1,
  next_folder bigint NOT NULL DEFAULT 1,
  used_bytes bigint NOT NULL DEFAULT 0,
  -- Journal entries up to here were compacted away; a cursor older than it needs a full sync.
  low_water bigint NOT NULL DEFAULT 0,
  quarantined_at timestamptz
) WITH (fillfactor = 50);

CREATE TABLE mail_state.mailboxes (
  user_id uuid NOT NULL REFERENCES mail_state.users (id) ON DELETE CASCADE,
  id bigint NOT NULL,
  parent_id bigint,
  name text NOT NULL,
  type text NOT NULL CHECK (type IN ('inbox', 'drafts', 'sent', 'deleted', 'junk', 'archive', 'outbox', 'user')),
  attributes jsonb NOT NULL DEFAULT '{}',
  uid_validity bigint NOT NULL,
  uid_next bigint NOT NULL DEFAULT 1,
  total bigint NOT NULL DEFAULT 0,
  unread bigint NOT NULL DEFAULT 0,
  size_bytes bigint NOT NULL DEFAULT 0,
  highest_modseq bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, id)
) WITH (fillfactor = 50);
COMMENT ON TABLE mail_state.mailboxes IS 'a folder; a user''s mailbox is users.id';

CREATE TABLE mail_state.messages (
  user_id uuid NOT NULL,
  -- Number of the message in its mailbox, stable for life and across moves.
  id bigint NOT NULL,
  -- The folder.
  mailbox_id bigint NOT NULL,
  uid bigint NOT NULL,
  thread_id bigint NOT NULL,
  modseq bigint NOT NULL,
  subject text NOT NULL,
  "from" jsonb NOT NULL,
  to_cc_bcc jsonb NOT NULL,
  date timestamptz,
  received_at timestamptz NOT NULL,
  flags text[] NOT NULL DEFAULT '{}',
  categories text[] NOT NULL DEFAULT '{}',
  size_bytes bigint NOT NULL,
  has_attachments boolean NOT NULL,
  preview text NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}',
  internet_message_id text,
  -- 64-bit hashes: what threading looks up, kept narrow.
  message_id_hash bigint,
  -- Of the first reference, or of the message itself where it starts a conversation.
  root_hash bigint,
  topic_hash bigint,
  content_id uuid NOT NULL,
  blob_key text NOT NULL,
  checksum text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, id)
) PARTITION BY HASH (user_id);
CREATE UNIQUE INDEX messages_by_uid ON mail_state.messages (user_id, mailbox_id, uid);
CREATE INDEX messages_by_message_id ON mail_state.messages (user_id, message_id_hash, id) WHERE message_id_hash IS NOT NULL;
CREATE INDEX messages_by_root ON mail_state.messages (user_id, root_hash, id) WHERE root_hash IS NOT NULL;
CREATE INDEX messages_by_topic ON mail_state.messages (user_id, topic_hash, id) WHERE topic_hash IS NOT NULL;

-- What every recipient of a message shares: rows per accepted message, not per recipient. `message_id` is the
-- {message_id} of the blob key (messages.content_id). Ranges are byte offsets into the message's blob.
CREATE TABLE mail_state.message_parts (
  message_id uuid NOT NULL,
  -- Order of the part in a depth-first walk, from 0 = the message itself.
  id integer NOT NULL,
  part_id text NOT NULL,
  mime_type text NOT NULL,
  size_bytes bigint NOT NULL,
  blob_key text NOT NULL,
  inline boolean NOT NULL,
  filename text,
  header_start bigint NOT NULL,
  body_start bigint NOT NULL,
  body_end bigint NOT NULL,
  -- Charset, encoding, disposition, Content-ID, parameters, line count: what BODYSTRUCTURE tells.
  attributes jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (message_id, id)
) PARTITION BY HASH (message_id);

-- The journal: every change of a mailbox, in order, without gaps.
CREATE TABLE mail_state.journal (
  user_id uuid NOT NULL,
  modseq bigint NOT NULL,
  change jsonb NOT NULL,
  origin text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (user_id, modseq)
) PARTITION BY HASH (user_id);

-- Which tasks were delivered to which mailbox: the fence against a second delivery, and half of the ledger.
CREATE TABLE mail_state.deliveries (
  user_id uuid NOT NULL,
  task_id uuid NOT NULL,
  message_id bigint NOT NULL,
  delivered_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT deliveries_once PRIMARY KEY (user_id, task_id)
) PARTITION BY HASH (user_id);

-- Answers of named operations, so that a retry gets the same one.
CREATE TABLE mail_state.operations (
  user_id uuid NOT NULL,
  operation_id text NOT NULL,
  result jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT operations_once PRIMARY KEY (user_id, operation_id)
) PARTITION BY HASH (user_id);

DO $$
DECLARE
  hot text;
BEGIN
  FOREACH hot IN ARRAY ARRAY['messages', 'message_parts', 'journal', 'deliveries', 'operations'] LOOP
    FOR n IN 0..15 LOOP
      EXECUTE format(
        'CREATE TABLE mail_state.%I PARTITION OF mail_state.%I FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
        hot || '_' || n, hot, n
      );
    END LOOP;
  END LOOP;
END $$;

-- Written with a commit, read by the relay, which rings the streams `index` and `notify` and removes it.
CREATE TABLE mail_state.outbox (
  user_id uuid NOT NULL,
  from_modseq bigint NOT NULL,
  to_modseq bigint NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, to_modseq)
);

-- Per device and folder, O(1): what a sync client was told (DESIGN 4). The protocol owns the shape of `state`.
CREATE TABLE mail_state.cursors (
  user_id uuid NOT NULL REFERENCES mail_state.users (id) ON DELETE CASCADE,
  device_id text NOT NULL,
  collection text NOT NULL,
  sync_key text NOT NULL,
  cursor bigint NOT NULL,
  state jsonb NOT NULL,
  previous jsonb,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, device_id, collection)
);

CREATE TABLE mail_state.acl (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES mail_state.users (id) ON DELETE CASCADE,
  -- The folder; null = every folder of the mailbox.
  mailbox_id bigint,
  grantee uuid NOT NULL REFERENCES mail_state.users (id) ON DELETE CASCADE,
  -- RFC 4314 rights.
  rights text[] NOT NULL,
  UNIQUE NULLS NOT DISTINCT (user_id, mailbox_id, grantee)
);
CREATE INDEX acl_by_grantee ON mail_state.acl (grantee, user_id);
