#!/usr/bin/env node
// The operator's command: installs and builds when needed, then runs the CLI in this process.
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"

const { inRoot, prepare } = createRequire(import.meta.url)("../scripts/setup.cjs")
prepare()
await import(pathToFileURL(inRoot("dist", "cli.js")).href)
