import * as Effect from "effect/Effect"
import { connect } from "node:net"
import { errnoOf } from "../../../child/start-child.ts"
import type { Check } from "./Probe.ts"

/** Whether a connection to a port of this machine is taken. */
export const tcpProbe = (host: string, port: number): Check =>
  Effect.callback((resume) => {
    const socket = connect({ host, port })
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.void)
    })
    socket.once("error", (cause) => resume(Effect.fail(`no connection to ${host}:${port}: ${errnoOf(cause)}`)))
    return Effect.sync(() => void socket.destroy())
  })
