import { Effect } from "effect"
import { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { MailboxId } from "../../src/domain/ids.ts"
import { folderByRole } from "../../src/domain/mailbox/State.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"

// As deliveries would have left it: one journal entry per message, every third an answer to the one before.
const messages = statement({
  text: `INSERT INTO mail_state.messages
      (user_id, id, mailbox_id, uid, thread_id, modseq, subject, "from", to_cc_bcc, date, received_at, size_bytes,
       has_attachments, preview, headers, internet_message_id, message_id_hash, root_hash, topic_hash, content_id,
       blob_key, checksum)
    SELECT $1::uuid, n, $2::bigint, n, n, $3::bigint + n, 'Report ' || n || ' of the week',
      '[{"name": "Somebody", "address": "somebody@example.net"}]',
      '{"to": [{"name": "", "address": "user@bench.example"}], "cc": [], "bcc": [], "replyTo": [], "sender": []}',
      '2026-01-01'::timestamptz + n * interval '10 second', '2026-01-01'::timestamptz + n * interval '10 second', 10000,
      false, repeat('What this message begins with. ', 4), '{"list-id": "<bench.example.net>"}',
      n || '.bench@example.net', hashtextextended(n || 'id', 0), hashtextextended(n || 'root', 0),
      hashtextextended(n || 'topic', 0), gen_random_uuid(), 'blobs/bench/2026/01/01/' || gen_random_uuid() || '.eml',
      repeat('0', 64)
    FROM generate_series($4::bigint, $5::bigint) AS n`
})

const journal = statement({
  text: `INSERT INTO mail_state.journal (user_id, modseq, change, origin, at)
    SELECT $1::uuid, $3::bigint + n, jsonb_build_object('_tag', 'MessageAdded', 'messageId', n, 'folderId', $2::bigint,
      'uid', n, 'sizeBytes', 10000, 'flags', '[]'::jsonb), 'bench', now()
    FROM generate_series($4::bigint, $5::bigint) AS n`
})

const head = statement({
  text: `UPDATE mail_state.heads SET modseq = modseq + $2::bigint, next_message = $2::bigint + 1, used_bytes = $2::bigint * 10000
    WHERE user_id = $1`
})

const inbox = statement({
  text: `UPDATE mail_state.mailboxes SET uid_next = $2::bigint + 1, total = $2::bigint, unread = $2::bigint,
      size_bytes = $2::bigint * 10000, highest_modseq = highest_modseq + $2::bigint
    WHERE user_id = $1 AND type = 'inbox'`
})

/** Rows per statement, so that none meets the time limit. */
const chunk = 25_000

/**
 * Fills an unused mailbox's Inbox by SQL and gives its folders' state before. The actor does not know: its next commit
 * finds that the head has moved, looks again and goes on.
 */
export const fillMailbox = (mailboxId: MailboxId, count: number) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const router = yield* Router
    const state = yield* router.state(mailboxId)
    const folder = folderByRole(state, "inbox")
    if (folder === undefined) return yield* Effect.dieMessage("a mailbox without Inbox")
    for (let from = 1; from <= count; from += chunk) {
      const values = [mailboxId, folder.id, state.modSeq, from, Math.min(count, from + chunk - 1)]
      yield* postgres.query(messages, values)
      yield* postgres.query(journal, values)
    }
    yield* postgres.query(head, [mailboxId, count])
    yield* postgres.query(inbox, [mailboxId, count])
    return state
  })
