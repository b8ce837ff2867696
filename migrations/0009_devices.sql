-- Devices that synchronise mailboxes, what tenants ask of them, and what people set for themselves.

CREATE TABLE mail_state.devices (
  user_id uuid NOT NULL REFERENCES mail_state.users (id) ON DELETE CASCADE,
  device_id text NOT NULL CHECK (length(device_id) BETWEEN 1 AND 255),
  type text NOT NULL,
  user_agent text NOT NULL DEFAULT '',
  user_agent_changes integer NOT NULL DEFAULT 0,
  protocol_versions text[] NOT NULL DEFAULT '{}',
  -- What it says of itself: model, imei, friendlyName, os, osLanguage, phoneNumber, mobileOperator, userAgent.
  information jsonb NOT NULL DEFAULT '{}',
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  access text NOT NULL CHECK (access IN ('allowed', 'blocked', 'quarantined')),
  access_reason text NOT NULL DEFAULT '' CHECK (length(access_reason) <= 255),
  -- A policy that was sent and is not acknowledged yet. Versions are digests of what was sent.
  offered_key bigint,
  offered_version text,
  policy_key bigint,
  policy_version text,
  compliance text CHECK (compliance IN ('full', 'partial', 'refused', 'managed')),
  acknowledged_at timestamptz,
  wipe_scope text CHECK (wipe_scope IN ('device', 'account')),
  wipe_state text CHECK (wipe_state IN ('pending', 'sent', 'acknowledged', 'failed')),
  wipe_asked_at timestamptz,
  wipe_changed_at timestamptz,
  -- How long its waiting requests lasted.
  heartbeats bigint NOT NULL DEFAULT 0,
  heartbeats_changed bigint NOT NULL DEFAULT 0,
  heartbeats_expired bigint NOT NULL DEFAULT 0,
  heartbeats_gone bigint NOT NULL DEFAULT 0,
  last_heartbeat_seconds integer NOT NULL DEFAULT 0,
  longest_heartbeat_seconds integer NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, device_id)
) WITH (fillfactor = 50);

CREATE TABLE mail_state.device_rules (
  tenant_id uuid PRIMARY KEY REFERENCES mail_state.tenants (id) ON DELETE CASCADE,
  -- Grows with every change, so that what was read before is known to be old.
  revision bigint NOT NULL DEFAULT 1,
  default_access text NOT NULL CHECK (default_access IN ('allowed', 'blocked', 'quarantined')),
  max_devices integer NOT NULL CHECK (max_devices BETWEEN 0 AND 10000),
  -- Null = devices are asked nothing.
  policy jsonb
);

CREATE TABLE mail_state.user_settings (
  user_id uuid PRIMARY KEY REFERENCES mail_state.users (id) ON DELETE CASCADE,
  -- False = no device may synchronise the mailbox.
  may_sync boolean NOT NULL DEFAULT true,
  -- Out of office: messages to whom, and since when.
  absence text NOT NULL DEFAULT 'off' CHECK (absence IN ('off', 'on', 'timed')),
  absence_from timestamptz,
  absence_to timestamptz,
  absence_replies jsonb NOT NULL DEFAULT '{}'
);
