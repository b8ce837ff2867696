// In a worker, Node 20 does not take the loader of the process that started it.
import { register } from "tsx/esm/api"

register()
await import("./explore.ts")
