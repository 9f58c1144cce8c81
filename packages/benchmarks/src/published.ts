/**
 * Loaded with `--import`: the packages as they are published, in JavaScript. Within the repository they resolve to their
 * TypeScript, and a program that starts would be charged for stripping its types.
 */
import { registerHooks } from "node:module"

registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context)
    const url = resolved.url.replace(/\/packages\/(client|codec|session)\/src\/(.+)\.ts$/, "/packages/$1/dist/$2.js")
    return url === resolved.url ? resolved : { ...resolved, url, format: "module" }
  }
})
