import type { Port } from "@spawnbroker/protocol"

/** What is used of Node's `MessagePort`, without Node's types: this file runs in browsers, too. */
export interface NodePort {
  postMessage(message: any, transfer?: any): void
  on(event: "message", listener: (message: any) => void): unknown
  start(): void
  close(): void
}

/**
 * A Node `MessagePort` as a port. It is one as it stands: it has the DOM's face beside its own, starts with its first
 * listener, and tells its own listeners, too, when it is closed.
 */
export const fromNodePort = (port: NodePort): Port => port as unknown as Port
