/** A broker behind a UNIX socket, in this process: what a client in another one would see of it. */
import { mkdtempSync, rmSync } from "node:fs"
import { connect, createServer, type Server, type Socket } from "node:net"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { acceptSocket, type BrokerHandle } from "@spawnbroker/broker"
import type { BrokerUnavailable } from "@spawnbroker/client"
import { fromSocket, type Port } from "@spawnbroker/client/ports"
import * as Effect from "effect/Effect"

/** Both ends of a new connection over a UNIX socket. */
export const socketPair = async (): Promise<{ readonly near: Socket; readonly far: Socket }> => {
  const directory = mkdtempSync(join(tmpdir(), "socket-"))
  const server: Server = createServer().listen(join(directory, "broker.sock"))
  try {
    await once(server, "listening")
    const far = once(server, "connection")
    const near = connect(join(directory, "broker.sock"))
    return { near, far: ((await far) as [Socket])[0] }
  } finally {
    server.close()
    rmSync(directory, { recursive: true })
  }
}

/** A port over a UNIX socket of which a broker has the other end. */
export const connectUnixSocket = (broker: BrokerHandle): Effect.Effect<Port, BrokerUnavailable> =>
  Effect.gen(function* () {
    const { near, far } = yield* Effect.promise(socketPair)
    yield* broker.attachPort(acceptSocket(far)).pipe(Effect.tapError(() => Effect.sync(() => near.destroy())))
    return fromSocket(near)
  })
