// Runs the worker from its TypeScript source, in development and tests; the built form needs no loader.
import { register } from "tsx/esm/api"

register()
await import("./s3Worker.ts")
