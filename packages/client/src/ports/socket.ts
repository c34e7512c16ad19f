/**
 * A port over a socket, to a broker in another process: its host has given the other end to `broker.attachPort`, by
 * `acceptSocket`.
 *
 * Its messages are frames of bytes. Nothing is shared, so buffers are copied. The socket carries one session.
 */
import { type ByteStream, type Port, SocketPorts } from "@spawnbroker/protocol"
import { fromMessagePortMain, type MessagePortMain } from "./electron.ts"

/**
 * A connected socket (Node's `net.Socket`, of a UNIX socket) as a port. It closes when the session ends.
 *
 * **Gotchas**: the socket keeps the loop of its thread alive as long as it is connected.
 */
export const fromSocket = (socket: ByteStream): Port => {
  const ports = new SocketPorts(socket, "client")
  return fromMessagePortMain(
    ports.first,
    class {
      readonly port1: MessagePortMain
      readonly port2: MessagePortMain

      constructor() {
        const { port1, port2 } = ports.channel()
        this.port1 = port1
        this.port2 = port2
      }
    }
  )
}
