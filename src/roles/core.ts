import { Layer } from "effect"
import * as IntakeLive from "../pipeline/IntakeLive.ts"
import * as AdminLive from "../rpc/AdminLive.ts"
import * as ClusterLive from "../rpc/ClusterLive.ts"
import * as CoreLive from "../rpc/CoreLive.ts"
import * as DevicesLive from "../rpc/DevicesLive.ts"
import * as GuardLive from "../rpc/GuardLive.ts"
import * as IndexesLive from "../rpc/IndexesLive.ts"
import * as PeopleLive from "../rpc/PeopleLive.ts"
import * as QueuesLive from "../rpc/QueuesLive.ts"
import * as SyncLive from "../rpc/SyncLive.ts"
import * as UpkeepLive from "../rpc/UpkeepLive.ts"
import * as WritingLive from "../rpc/WritingLive.ts"
import * as RebalancesPg from "../storage/cluster/RebalancesPg.ts"
import { Quarantine } from "../storage/mailbox/Quarantine.ts"
import { mime } from "./foundation.ts"

/** The cluster as its operators see it. */
const cluster = ClusterLive.layer.pipe(Layer.provide(Layer.merge(RebalancesPg.layer, Quarantine.layer)))

/** The one door to mailboxes, wherever the router finds them. */
export const core = Layer.mergeAll(
  CoreLive.layer,
  QueuesLive.layer,
  AdminLive.layer,
  UpkeepLive.layer,
  IndexesLive.layer,
  DevicesLive.layer,
  SyncLive.layer,
  PeopleLive.layer,
  WritingLive.layer,
  cluster
).pipe(Layer.provideMerge(GuardLive.layer), Layer.provide(Layer.merge(mime, IntakeLive.layer)))
