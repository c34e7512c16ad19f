import * as Effect from "effect/Effect"
import { errnoOf } from "../../../child/start-child.ts"
import type { Check } from "./Probe.ts"

/** Whether a GET to a port of this machine is answered with a status from 200 to 399. What follows the head is not read. */
export const httpProbe = (host: string, port: number, path: string): Check =>
  Effect.callback((resume) => {
    // Not imported: its names include those of a WebSocket, for whom Node loads its whole `fetch`, in 30 ms of each start.
    const { request } = process.getBuiltinModule("node:http")
    const probe = request({ host, port, path, method: "GET", agent: false, headers: { connection: "close" } })
    probe.once("response", (response) => {
      const status = response.statusCode ?? 0
      response.destroy()
      resume(status >= 200 && status < 400 ? Effect.void : Effect.fail(`GET ${path} was answered with ${status}`))
    })
    // Also that of a response which is given up, after which nobody listens to what this says.
    probe.on("error", (cause) => resume(Effect.fail(`GET ${path} on port ${port} failed: ${errnoOf(cause)}`)))
    probe.end()
    return Effect.sync(() => void probe.destroy())
  })
