import type { SocketPorts } from "./SocketPorts.ts"

/** A message as it arrives, with the ports that have come beside it. */
export interface SocketMessage {
  readonly data: any
  readonly ports: Array<any>
}

type Listener = (event: any) => void
type EventType = "message" | "close"

/**
 * One of the ports that share a connection. It has the face of Electron's `MessagePortMain`: ports move beside a message.
 *
 * What arrives waits until `start`, its end included. `close` is told to the other end, and to this one only if it was the
 * other that closed.
 */
export class SocketPort {
  readonly #ports: SocketPorts
  readonly id: number
  readonly #listeners: Record<EventType, Set<Listener>> = { message: new Set(), close: new Set() }
  #waiting: Array<SocketMessage> | undefined = []
  #isClosed = false
  /** It was the other end that closed. */
  #isOver = false

  constructor(ports: SocketPorts, id: number) {
    this.#ports = ports
    this.id = id
  }

  on(type: "message", listener: (event: SocketMessage) => void): unknown
  on(type: "close", listener: () => void): unknown
  on(type: EventType, listener: Listener): unknown {
    return this.#listeners[type].add(listener)
  }

  removeListener(type: "message", listener: (event: SocketMessage) => void): unknown
  removeListener(type: "close", listener: () => void): unknown
  removeListener(type: EventType, listener: Listener): unknown {
    return this.#listeners[type].delete(listener)
  }

  postMessage(message: unknown, ports: ReadonlyArray<unknown> = []): void {
    if (!this.#isClosed) this.#ports.send(this, message, ports)
  }

  start(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const message of waiting) this.receive(message)
    if (this.#isOver) this.#tell("close", undefined)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#ports.close(this)
  }

  /** A message of the other end. */
  receive(message: SocketMessage): void {
    if (this.#waiting !== undefined) this.#waiting.push(message)
    else this.#tell("message", message)
  }

  /** The other end has closed, or the connection has ended. */
  closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isOver = true
    if (this.#waiting === undefined) this.#tell("close", undefined)
  }

  #tell(type: EventType, event: unknown): void {
    for (const listener of [...this.#listeners[type]]) listener(event)
  }
}
