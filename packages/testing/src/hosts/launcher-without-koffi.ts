/** The launcher on a machine for which koffi has no binary: Node's own spawn is what it has. */
import { registerHooks } from "node:module"

registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier === "koffi") throw new Error("koffi is not there")
    return next(specifier, context)
  }
})
await import("@spawnbroker/broker/launcher")
