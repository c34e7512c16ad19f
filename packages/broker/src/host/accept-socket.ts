import { type ByteStream, SocketPorts } from "@spawnbroker/protocol"
import type { AttachablePort } from "./bridge-port.ts"

/**
 * A socket that a client has connected to, for `broker.attachPort`: a UNIX socket, so that the host's user is who may reach
 * it. It carries the client's session, and does nothing without a token.
 *
 * What comes over it is measured before it is taken apart, and decoded by the broker as every message is. It is read only
 * while the client takes what is sent to it, and cut off where that would still grow: see `SocketPorts` in the protocol.
 */
export const acceptSocket = (socket: ByteStream): AttachablePort => new SocketPorts(socket, "broker").first
