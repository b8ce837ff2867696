const worker = "/mail-worker.js"

/** Trusted Types (W3C), as far as a worker goes; TypeScript's library does not have them yet. */
interface Trusting {
  readonly trustedTypes?: {
    readonly createPolicy: (
      name: string,
      rules: { readonly createScriptURL: (text: string) => string }
    ) => { readonly createScriptURL: (text: string) => URL }
  }
}

const around: Window & Trusting = window

/** The one script that may be one. */
const onlyOurs = (text: string): string => {
  if (text !== worker) throw new TypeError("no worker of ours")
  return text
}

/** Where there is no way to the server, the page comes all the same. Browsers that cannot do it do without. */
export const registerWorker = (): void => {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return
  const policy = around.trustedTypes?.createPolicy("postroom-worker", { createScriptURL: onlyOurs })
  navigator.serviceWorker
    .register(policy === undefined ? worker : policy.createScriptURL(worker), {
      scope: "/mail",
      updateViaCache: "none"
    })
    // Private windows and full disks have none.
    .catch(() => undefined)
}
