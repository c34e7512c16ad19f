/**
 * Ports of every kind, for `Client.connect`.
 *
 * | where the client is | what it holds | adapter |
 * |---|---|---|
 * | a Node thread | Node's `MessagePort` | `fromNodePort`, or the port as it stands |
 * | a page, or a worker of it | the DOM's `MessagePort` | `fromDomPort` |
 * | a renderer of an Electron app | the DOM's `MessagePort`, whose other end is in the main process | `fromRendererPort` |
 * | the main process of an Electron app | `MessagePortMain` | `fromMessagePortMain` |
 * | another process | a connected UNIX socket | `fromSocket` |
 * | another machine, or a page of a gateway | an open WebSocket | `fromWebSocket` |
 *
 * An Electron app's host hands the other end of its two to `broker.attachPort`, and the host of a socket
 * the other end of it, by `acceptSocket`.
 */
export { type DomPort, fromDomPort } from "./dom.ts"
export {
  fromMessagePortMain,
  fromRendererPort,
  type MessageChannelMain,
  type MessagePortMain,
  type RendererChannel
} from "./electron.ts"
export { fromNodePort, type NodePort } from "./node.ts"
export { fromSocket } from "./socket.ts"
export { fromWebSocket } from "./web-socket.ts"
export type { ByteStream, Port, WebSocketLike } from "@spawnbroker/protocol"
