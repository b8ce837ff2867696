import type { ConnectRouter } from "@connectrpc/connect"
import { Effect } from "effect"
import { Admin } from "../Admin.ts"
import type { Bridge } from "../bridge.ts"
import { Cluster } from "../Cluster.ts"
import { Core } from "../Core.ts"
import { Devices } from "../Devices.ts"
import { Health, HealthCheckResponse_ServingStatus } from "../gen/grpc/health/v1/health_pb.ts"
import { AdminService } from "../gen/postroom/core/v1/admin_pb.ts"
import { ClusterService } from "../gen/postroom/core/v1/cluster_pb.ts"
import { DeviceService } from "../gen/postroom/core/v1/devices_pb.ts"
import { IndexService } from "../gen/postroom/core/v1/index_pb.ts"
import { MailboxService } from "../gen/postroom/core/v1/mailbox_pb.ts"
import { PeopleService } from "../gen/postroom/core/v1/people_pb.ts"
import { QueueService } from "../gen/postroom/core/v1/queue_pb.ts"
import { UpkeepService } from "../gen/postroom/core/v1/upkeep_pb.ts"
import { Indexes } from "../Indexes.ts"
import { People } from "../People.ts"
import { Queues } from "../Queues.ts"
import { Upkeep } from "../Upkeep.ts"
import { adminRoutes } from "./admin.ts"
import { clusterRoutes } from "./cluster.ts"
import { deviceRoutes } from "./devices.ts"
import { indexRoutes } from "./indexes.ts"
import { mailboxRoutes } from "./mailbox.ts"
import { peopleRoutes } from "./people.ts"
import { queueRoutes } from "./queue.ts"
import { upkeepRoutes } from "./upkeep.ts"

/** Every service with a right on each method; a test walks them. Health asks for none and is not among them. */
export const guardedServices = [
  MailboxService,
  QueueService,
  AdminService,
  UpkeepService,
  IndexService,
  DeviceService,
  PeopleService,
  ClusterService
] as const

/** Puts every service on a router. A new service is a line here and one above. */
export const services = Effect.gen(function* () {
  const core = yield* Core
  const queues = yield* Queues
  const admin = yield* Admin
  const upkeep = yield* Upkeep
  const indexes = yield* Indexes
  const devices = yield* Devices
  const people = yield* People
  const cluster = yield* Cluster
  return (router: ConnectRouter, bridge: Bridge, stopping: AbortSignal): void => {
    router.service(MailboxService, mailboxRoutes(core, bridge))
    router.service(QueueService, queueRoutes(queues, bridge))
    router.service(AdminService, adminRoutes(admin, bridge))
    router.service(UpkeepService, upkeepRoutes(upkeep, bridge))
    router.service(IndexService, indexRoutes(indexes, bridge))
    router.service(DeviceService, deviceRoutes(devices, bridge))
    router.service(PeopleService, peopleRoutes(people, bridge))
    router.service(ClusterService, clusterRoutes(cluster, bridge))
    router.service(Health, {
      check: () => ({
        status: stopping.aborted
          ? HealthCheckResponse_ServingStatus.NOT_SERVING
          : HealthCheckResponse_ServingStatus.SERVING
      })
    })
  }
})
