import { Effect, Layer, Option } from "effect"
import { layerIdentityFrom } from "../identity/IdentityLive.ts"
import { layerPasswordsFromConfig } from "../identity/Passwords.ts"
import * as gauges from "../pipeline/gauges.ts"
import { MimeReader } from "../protocols/mime/MimeReader.ts"
import * as AclPg from "../storage/acl/AclPg.ts"
import * as AuditPg from "../storage/audit/AuditPg.ts"
import * as backEnds from "../storage/backEnds.ts"
import { layerBlobStoreFs } from "../storage/blobs/BlobStoreFs.ts"
import { layerRecentBlobs } from "../storage/blobs/recentBlobs.ts"
import { layerBlobStoreS3Or } from "../storage/blobs/s3/BlobStoreS3.ts"
import { layerTracedBlobs } from "../storage/blobs/tracedBlobs.ts"
import { ShardEpochs } from "../storage/cluster/ShardEpochs.ts"
import { ContentStore } from "../storage/contents/ContentStore.ts"
import * as database from "../storage/database.ts"
import * as DeviceStorePg from "../storage/devices/DeviceStorePg.ts"
import { layerCredentialsPg } from "../storage/directory/CredentialsPg.ts"
import { layerDirectoryPg } from "../storage/directory/DirectoryPg.ts"
import { IssuedStore } from "../storage/directory/IssuedStore.ts"
import * as PreferenceStorePg from "../storage/directory/PreferenceStorePg.ts"
import * as SessionStorePg from "../storage/directory/SessionStorePg.ts"
import { SignInKeys } from "../storage/directory/SignInKeys.ts"
import { Ledger } from "../storage/ledger/Ledger.ts"
import { RateLimits } from "../storage/limits/RateLimits.ts"
import * as MailboxReaderPg from "../storage/mailbox/MailboxReaderPg.ts"
import * as MailboxStorePg from "../storage/mailbox/MailboxStorePg.ts"
import * as NotifyTargetsPg from "../storage/notify/NotifyTargetsPg.ts"
import { Outbox } from "../storage/outbox/Outbox.ts"
import { OutboxBell } from "../storage/outbox/OutboxBell.ts"
import * as AddressBookPg from "../storage/people/AddressBookPg.ts"
import type { Postgres } from "../storage/postgres.ts"
import * as BlobReferencesPg from "../storage/reconcile/BlobReferencesPg.ts"
import * as RetentionPg from "../storage/retention/RetentionPg.ts"
import * as searchEngines from "../storage/search/engines.ts"
import * as SearchFeedPg from "../storage/search/pg/SearchFeedPg.ts"
import * as SearchUpkeepPg from "../storage/search/pg/SearchUpkeepPg.ts"
import { HeldSends } from "../storage/streams/HeldSends.ts"
import type { Streams } from "../storage/streams/Streams.ts"
import { ThreadMoves } from "../storage/threads/ThreadMoves.ts"
import { Turns } from "../storage/turns/Turns.ts"
import * as RateLimitsValkey from "../storage/valkey/RateLimitsValkey.ts"
import * as StreamsValkey from "../storage/valkey/StreamsValkey.ts"
import { Valkey } from "../storage/valkey/Valkey.ts"

/** Tasks are rows; where a Valkey is named it rings for them, and counts for all processes what callers may do. */
export const shared = <E>(tasks: Layer.Layer<Streams, E, Postgres>) =>
  Layer.unwrapEffect(
    Effect.map(
      Valkey.configured,
      Option.match({
        onNone: () => Layer.merge(tasks, RateLimits.layerLocal()),
        onSome: (valkey) =>
          Layer.mergeAll(StreamsValkey.layerOver(tasks), RateLimitsValkey.layer, backEnds.valkey).pipe(
            Layer.provide(valkey)
          )
      })
    )
  )

export const blobs = (dataFolder: string) =>
  layerTracedBlobs.pipe(Layer.provide(layerBlobStoreS3Or(layerBlobStoreFs({ dataFolder }))))

/** What everything stands on: Postgres, blobs, streams, the directory. */
export const storage = <E>(dataFolder: string, tasks: Layer.Layer<Streams, E, Postgres>) =>
  Layer.mergeAll(
    MailboxStorePg.layer,
    MailboxReaderPg.layer,
    shared(tasks),
    layerDirectoryPg(),
    layerCredentialsPg,
    SessionStorePg.layer,
    PreferenceStorePg.layer,
    IssuedStore.layer,
    SignInKeys.layer,
    ContentStore.layer,
    HeldSends.layer,
    Outbox.layer,
    OutboxBell.layer,
    ShardEpochs.layer,
    Ledger.layer,
    AclPg.layer,
    AuditPg.layer,
    searchEngines.layer,
    SearchFeedPg.layer,
    SearchUpkeepPg.layer,
    NotifyTargetsPg.layer,
    RetentionPg.layer,
    BlobReferencesPg.layer,
    DeviceStorePg.layer,
    AddressBookPg.layer,
    Turns.layer,
    ThreadMoves.layer,
    layerRecentBlobs().pipe(Layer.provide(blobs(dataFolder)))
  ).pipe(Layer.provideMerge(database.layer(dataFolder)))

/** What is told of all that stands on. Mailboxes are served without blobs, too. */
export const backEndHealth = gauges.layerBackEnds.pipe(
  Layer.provide(
    Layer.mergeAll(backEnds.postgres, backEnds.blobs({ isDispensable: true }), backEnds.searchEngine)
  )
)

export const identity = (dataFolder: string) =>
  layerIdentityFrom(dataFolder).pipe(Layer.provideMerge(layerPasswordsFromConfig))

export const mime = MimeReader.layer()
