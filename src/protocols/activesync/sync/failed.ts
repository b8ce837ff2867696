import type { Response } from "./answer.ts"
import type { ClientCommand } from "./SyncRequest.ts"

/** The answer to a command that was not carried out. */
export const failed = (command: ClientCommand, status: number): Response => {
  switch (command._tag) {
    case "Add":
      return {
        _tag: "Add",
        clientId: command.clientId,
        serverId: null,
        status,
        itemClass: null,
        properties: null
      }
    case "Change":
      return { ...identity(command), _tag: "Change", status, properties: null }
    case "Delete":
      return { ...identity(command), _tag: "Delete", status }
    case "Fetch":
      return { _tag: "Fetch", serverId: command.serverId, status, properties: null }
  }
}

const identity = ({ serverId, instanceId }: { serverId: string; instanceId: string | null }) => ({
  serverId,
  instanceId
})
