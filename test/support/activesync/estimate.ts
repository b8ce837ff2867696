import { Effect } from "effect"
import {
  childrenOf,
  childText,
  type Element,
  element
} from "../../../src/protocols/activesync/wbxml/element.ts"
import { ask, type Handset, statusOf } from "./handset.ts"

/** GetItemEstimate of one folder: how it ended, and how many items a Sync would tell. */
export const estimate = (handset: Handset, id: string, key: string, ...options: ReadonlyArray<Element>) =>
  Effect.map(
    ask(
      handset,
      "GetItemEstimate",
      element(
        "GetItemEstimate:GetItemEstimate",
        element(
          "GetItemEstimate:Collections",
          element(
            "GetItemEstimate:Collection",
            element("AirSync:SyncKey", key),
            element("GetItemEstimate:CollectionId", id),
            options
          )
        )
      )
    ),
    (document) => {
      const [response] = childrenOf(document ?? undefined, "GetItemEstimate:Response")
      const [collection] = childrenOf(response, "GetItemEstimate:Collection")
      return {
        status: childText(response, "GetItemEstimate:Status") ?? statusOf(document),
        estimate: childText(collection, "GetItemEstimate:Estimate")
      }
    }
  )
