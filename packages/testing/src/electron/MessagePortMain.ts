import { EventEmitter } from "node:events"
import { markAsUncloneable, MessageChannel, type MessagePort } from "node:worker_threads"
import { Pipe } from "./Pipe.ts"

/** The main process's port. Events: `message` with `{ data, ports }`, and `close` when the other end has disconnected. */
export class MessagePortMain extends EventEmitter {
  readonly #pipe: Pipe

  constructor(port: MessagePort) {
    super()
    markAsUncloneable(this)
    this.#pipe = new Pipe(port, {
      message: ({ data, ports, isForMain }) =>
        this.emit("message", {
          data: isForMain ? data : null,
          ports: ports.map((moved) => new MessagePortMain(moved))
        }),
      closed: () => this.emit("close")
    })
  }

  postMessage(message: unknown, transfer: ReadonlyArray<unknown> = []): void {
    if (this.#pipe.isNeutered) return
    this.#pipe.post(message, MessagePortMain.pipesOf(transfer, this))
  }

  start(): void {
    this.#pipe.start()
  }

  close(): void {
    this.#pipe.close()
  }

  /** The ports of a transfer list, which may hold nothing else. */
  static pipesOf(transfer: ReadonlyArray<unknown>, source?: MessagePortMain): ReadonlyArray<Pipe> {
    return transfer.map((item, index) => {
      const refuse = (why: string): never => {
        throw new TypeError(`Port at index ${index} ${why}`)
      }
      if (!(item instanceof MessagePortMain)) return refuse("is not a valid port")
      if (item === source) return refuse("contains the source port.")
      if (item.#pipe.isNeutered) return refuse("is already neutered.")
      return transfer.indexOf(item) === index ? item.#pipe : refuse("is a duplicate.")
    })
  }
}

export class MessageChannelMain {
  readonly port1: MessagePortMain
  readonly port2: MessagePortMain

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new MessagePortMain(port1)
    this.port2 = new MessagePortMain(port2)
  }
}
