import type { Commands } from "./Commands.ts"
import { commandNames } from "./commandNames.ts"
import { protocolVersions } from "./head.ts"

const versions = protocolVersions.join(",")

/** What this server has (MS-ASHTTP 2.2.4.1.2). */
export const offers = (commands: Commands["Type"]) => ({
  "ms-asprotocolversions": versions,
  "ms-asprotocolcommands": commandNames.filter((name) => commands[name] !== undefined).join(",")
})

/** Tells that states begin anew (MS-ASHTTP 2.2.2.1.2.7). */
export const resyncHeaders = { "x-ms-rp": versions }
