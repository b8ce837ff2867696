import { useEffect, useState } from "react"
import { follow, type Live, type Source } from "../../rpc/follow.ts"

/** Follows a source for as long as the component is there; make the source with `useMemo`. */
export const useFollowed = <A>(source: Source<A>): Live<A> => {
  const [live, setLive] = useState<Live<A>>({ state: "loading" })
  useEffect(() => {
    const followed = follow(source)
    setLive({ state: "loading" })
    const leave = followed.store.subscribe(() => setLive(followed.store.get()))
    return () => {
      leave()
      followed.stop()
    }
  }, [source])
  return live
}
