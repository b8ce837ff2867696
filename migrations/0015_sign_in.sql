-- Who is signed in to the web pages, and what the platform's own issuer remembers: here, so that every edge knows it.

CREATE SCHEMA sign_in;

CREATE TABLE sign_in.sessions (
  -- Names it in lists; no secret.
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES mail_state.users (id) ON DELETE CASCADE,
  -- Hex SHA-256 of what the browser's cookie holds.
  secret_hash text NOT NULL UNIQUE,
  user_agent text NOT NULL DEFAULT '' CHECK (length(user_agent) <= 255),
  -- What the issuer said who it is, to be shown to it again by who signs out there. It opens nothing.
  id_token text,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  idle_ends_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX sessions_by_user ON sign_in.sessions (user_id, last_seen_at);
CREATE INDEX sessions_by_end ON sign_in.sessions (idle_ends_at);

-- Codes, grants and sign-ins under way, as `oidc-provider` wants them kept.
CREATE TABLE sign_in.issued (
  kind text NOT NULL,
  -- Hex SHA-256 of what its holder shows.
  id_hash text NOT NULL,
  grant_id text,
  payload jsonb NOT NULL,
  consumed_at timestamptz,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (kind, id_hash)
);
CREATE INDEX issued_by_grant ON sign_in.issued (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX issued_by_uid ON sign_in.issued (kind, (payload ->> 'uid')) WHERE payload ? 'uid';
CREATE INDEX issued_by_end ON sign_in.issued (expires_at);

-- What tokens and cookies are signed and sealed with, made by the first process that needs it.
CREATE TABLE sign_in.keys (
  name text PRIMARY KEY,
  value jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
