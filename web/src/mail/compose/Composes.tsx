import { lazy, Suspense, useState } from "react"
import { useStore } from "../../shell/store.ts"
import { composes } from "./composes.ts"

const ComposeLayer = lazy(() =>
  import("./ComposeLayer.tsx").then((module) => ({ default: module.ComposeLayer }))
)

/** Whether a page of this tab, or of one that ended, has left something: then its script is needed at once. */
const hasLeft = () =>
  sessionStorage.getItem("postroom.compose.open") !== null ||
  localStorage.getItem("postroom.compose.left") !== null

/** The messages that are being written. Their script comes with the first. */
export const Composes = () => {
  const open = useStore(composes)
  const [isNeeded, setNeeded] = useState(hasLeft)
  if (!isNeeded && open.length > 0) setNeeded(true)
  return <Suspense fallback={null}>{isNeeded && <ComposeLayer />}</Suspense>
}
