// The package's main file does nothing but gather these, and write a warning to stderr where Node is older than 22, whether
// that is of any concern or not (it names no engine in its package.json, and our tests of signing in run on the oldest
// Node that we support). So its parts are imported by themselves; `package.json` holds it at one version.

declare module "oidc-provider/lib/provider.js" {
  export { Provider } from "oidc-provider"
}

declare module "oidc-provider/lib/helpers/errors.js" {
  export const InvalidGrant: typeof import("oidc-provider").errors.InvalidGrant
  export const SessionNotFound: typeof import("oidc-provider").errors.SessionNotFound
}

declare module "oidc-provider/lib/helpers/interaction_policy/index.js" {
  export const base: typeof import("oidc-provider").interactionPolicy.base
  export const Check: typeof import("oidc-provider").interactionPolicy.Check
}
