import { markAsUncloneable, MessageChannel as NodeChannel, type MessagePort as NodePort } from "node:worker_threads"
import { Pipe } from "./Pipe.ts"

type Handler = ((event: any) => void) | null

/** A window's port: the DOM's, with Electron's `close` event. */
export class MessagePort extends EventTarget {
  readonly #pipe: Pipe
  #onmessage: Handler = null
  onclose: Handler = null

  constructor(port: NodePort) {
    super()
    markAsUncloneable(this)
    this.#pipe = new Pipe(port, {
      message: ({ data, ports }) =>
        this.#dispatch("message", this.#onmessage, { data, ports: ports.map((moved) => new MessagePort(moved)) }),
      closed: () => this.#dispatch("close", this.onclose, {})
    })
  }

  postMessage(message: unknown, transfer: ReadonlyArray<unknown> = []): void {
    const ports = transfer.filter((item) => item instanceof MessagePort)
    const buffers = transfer.filter((item) => item instanceof ArrayBuffer)
    if (ports.length + buffers.length < transfer.length) throw cloneError("A value does not have a transferable type.")
    if (ports.some((port) => port === this || port.#pipe.isNeutered)) throw cloneError("A port is already neutered.")
    const hasPorts = holds(message, ports)
    const pipes = ports.map((port) => port.#pipe)
    this.#pipe.post(hasPorts ? undefined : message, pipes, buffers, !hasPorts && buffers.length === 0)
  }

  get onmessage(): Handler {
    return this.#onmessage
  }

  /** Starts the port, which `addEventListener` does not. */
  set onmessage(handler: Handler) {
    this.#onmessage = handler
    this.start()
  }

  start(): void {
    this.#pipe.start()
  }

  close(): void {
    this.#pipe.close()
  }

  #dispatch(type: string, handler: Handler, fields: object): void {
    const event = Object.assign(new Event(type), fields)
    handler?.(event)
    this.dispatchEvent(event)
  }
}

export class MessageChannel {
  readonly port1: MessagePort
  readonly port2: MessagePort

  constructor() {
    const { port1, port2 } = new NodeChannel()
    this.port1 = new MessagePort(port1)
    this.port2 = new MessagePort(port2)
  }
}

const cloneError = (message: string): DOMException => new DOMException(message, "DataCloneError")

const holds = (message: unknown, ports: ReadonlyArray<unknown>): boolean =>
  ports.includes(message) ||
  (typeof message === "object" && message !== null && Object.values(message).some((item) => holds(item, ports)))
