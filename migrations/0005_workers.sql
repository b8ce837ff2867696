-- What the workers that tell, tidy and check need to know.

-- Whom to tell that a mailbox changed.
CREATE TABLE mail_state.notify_targets (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES mail_state.tenants (id) ON DELETE CASCADE,
  -- Of this mailbox alone; null = of every mailbox of the tenant.
  user_id uuid REFERENCES mail_state.users (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('webhook')),
  url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
  -- Signs what is sent, so it cannot be kept as a hash.
  secret text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- It has answered that it wants nothing any more (410).
  gone_at timestamptz
);
CREATE INDEX notify_targets_by_tenant ON mail_state.notify_targets (tenant_id, id);

CREATE TABLE mail_state.retention_policies (
  tenant_id uuid NOT NULL REFERENCES mail_state.tenants (id) ON DELETE CASCADE,
  -- As mailboxes.type; 'all' = folders for which there is no policy of their own.
  folder text NOT NULL CHECK
    (folder IN ('all', 'inbox', 'drafts', 'sent', 'deleted', 'junk', 'archive', 'outbox', 'user')),
  keep_days integer NOT NULL CHECK (keep_days BETWEEN 1 AND 36500),
  PRIMARY KEY (tenant_id, folder)
);

-- Mailboxes of which nothing is lost: retention leaves them alone, and of what their users remove the blobs stay.
-- No cascade: a user on hold cannot be deleted.
CREATE TABLE mail_state.holds (
  user_id uuid PRIMARY KEY REFERENCES mail_state.users (id),
  reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 255),
  set_at timestamptz NOT NULL DEFAULT now()
);

-- Messages that were removed while their mailbox was on hold. Written by the commit that removes them. They count as
-- long as the hold is there.
CREATE TABLE mail_state.held_messages (
  user_id uuid NOT NULL,
  id bigint NOT NULL,
  -- The folder.
  mailbox_id bigint NOT NULL,
  content_id uuid NOT NULL,
  blob_key text NOT NULL,
  checksum text NOT NULL,
  size_bytes bigint NOT NULL,
  received_at timestamptz NOT NULL,
  removed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX held_messages_by_content ON mail_state.held_messages (content_id);

-- Whether anybody still has a blob is asked of all mailboxes at once: the one index that does not lead with the mailbox
-- (docs/decisions, "Who still has a blob").
CREATE INDEX messages_by_content ON mail_state.messages (content_id);

-- What the reconciler has found. A blob is removed when it was found without a row twice, a grace time apart.
CREATE TABLE mail_state.blob_findings (
  blob_key text PRIMARY KEY,
  content_id uuid NOT NULL,
  problem text NOT NULL CHECK (problem IN ('unreferenced', 'missing', 'corrupt')),
  size_bytes bigint NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX blob_findings_by_problem ON mail_state.blob_findings (problem, blob_key);

-- Work that goes on and on, each in one process at a time, and how far it has come.
CREATE TABLE queue.turns (
  name text PRIMARY KEY,
  due_at timestamptz NOT NULL DEFAULT now(),
  -- Where the next step begins; null = at the beginning.
  cursor text,
  -- Whose turn it is, until when.
  holder uuid,
  held_until timestamptz NOT NULL DEFAULT '-infinity',
  -- When it last came to its end.
  finished_at timestamptz
);
