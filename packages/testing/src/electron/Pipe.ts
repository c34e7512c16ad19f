import { type MessagePort, type Transferable } from "node:worker_threads"

/** A message on its way. */
export interface Parcel {
  readonly data: unknown
  readonly ports: ReadonlyArray<MessagePort>
  /** Chromium's own kinds of values (a transferred buffer, a port within the message) mean nothing to the main process. */
  readonly isForMain: boolean
}

interface PipeListener {
  readonly message: (parcel: Parcel) => void
  /** The other end has closed, or its thread has gone. */
  readonly closed: () => void
}

/** What both faces have behind them: a Node port that can be taken away, as ports that are moved are neutered. */
export class Pipe {
  #port: MessagePort | undefined
  #isStarted = false
  readonly #listener: PipeListener

  constructor(port: MessagePort, listener: PipeListener) {
    this.#port = port
    this.#listener = listener
    port.on("close", this.#closed)
  }

  get isNeutered(): boolean {
    return this.#port === undefined
  }

  /** Nothing happens on a port that has been closed or moved. */
  post(data: unknown, ports: ReadonlyArray<Pipe>, buffers: ReadonlyArray<ArrayBuffer> = [], isForMain = true): void {
    if (this.#port === undefined) return
    const moved = ports.map((pipe) => pipe.#port!)
    const parcel: Parcel = { data, ports: moved, isForMain }
    this.#port.postMessage(parcel, [...moved, ...buffers] as ReadonlyArray<Transferable>)
    for (const pipe of ports) pipe.neuter()
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#port?.on("message", this.#listener.message)
  }

  /** Tells the other end only. */
  close(): void {
    this.neuter()?.close()
  }

  /** Takes the port away from here. */
  neuter(): MessagePort | undefined {
    const port = this.#port
    port?.off("close", this.#closed)
    port?.off("message", this.#listener.message)
    this.#port = undefined
    return port
  }

  readonly #closed = (): void => {
    this.neuter()
    this.#listener.closed()
  }
}
