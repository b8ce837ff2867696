import { describe } from "@effect/vitest"
import { Effect } from "effect"
import { peerSuite } from "./peers.ts"

describe("another runner over TCP", () => peerSuite(Effect.succeed({})))
