/** Fetched at a time; the proxy takes more, for other windows of the same reader. */
const atOnce = 6
const imagesPath = "/owa/images/"

/** Kinds of pictures that are shown; SVG is a document, and none of them. */
const shownTypes = /^image\/(?:png|jpeg|gif|webp|avif|bmp|x-icon)$/

export const isShownPicture = (blob: Blob): boolean => shownTypes.test(blob.type)

/**
 * Fetches pictures through the server's proxy, each address once, and hands them over as they come: null where there is
 * none. Rejects only when `signal` ends it.
 */
export const fetchRemotePictures = async (
  addresses: ReadonlyArray<string>,
  found: (address: string, picture: Blob | null) => void,
  signal: AbortSignal
): Promise<void> => {
  const paths = await signedPaths(addresses, signal)
  const waiting = addresses.map((address, index) => ({ address, path: paths[index] ?? null }))
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      found(next.address, next.path === null ? null : await fetchPicture(next.path, signal))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

const signedPaths = async (
  addresses: ReadonlyArray<string>,
  signal: AbortSignal
): Promise<ReadonlyArray<string | null>> => {
  try {
    const answer = await fetch(imagesPath, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(addresses),
      signal
    })
    const paths: unknown = answer.ok ? await answer.json() : []
    return Array.isArray(paths) ? paths.map((path) => (typeof path === "string" ? path : null)) : []
  } catch (error) {
    if (signal.aborted) throw error
    return []
  }
}

const fetchPicture = async (path: string, signal: AbortSignal): Promise<Blob | null> => {
  try {
    const answer = await fetch(path, { signal })
    const picture = answer.ok ? await answer.blob() : null
    return picture !== null && isShownPicture(picture) ? picture : null
  } catch (error) {
    if (signal.aborted) throw error
    return null
  }
}
