import { type Port, type WebSocketLike, WebSocketStream } from "@spawnbroker/protocol"
import { fromSocket } from "./socket.ts"

/**
 * An open WebSocket to a gateway as a port, in Node or in a page. It closes when the session ends, and carries one session.
 *
 * `Client.connectWebSocket` opens one by itself, and another one whenever that is lost.
 */
export const fromWebSocket = (socket: WebSocketLike): Port => fromSocket(new WebSocketStream(socket))
