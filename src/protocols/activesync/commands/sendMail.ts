import type { Command } from "../Command.ts"
import { type ComposeServices, sending } from "./sending.ts"

/** Sends a message that the device wrote (MS-ASCMD 2.2.1.17). */
export const sendMail = (services: ComposeServices): Command => sending(services, null)
