import {
  type BrokerFrame,
  BrokerFrame as BrokerFrameSchema,
  type ClientFrame,
  isFd,
  listenTo,
  type Port
} from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"

export interface DataPortListener {
  readonly frame: (frame: BrokerFrame) => void
  /** Either end has closed it. Nothing follows. */
  readonly closed: () => void
}

/**
 * The client's end of a session's data port. Frames of one turn leave as one message.
 */
export class DataPort {
  readonly #port: Port
  #batch: Array<ClientFrame> = []
  #buffers: Array<ArrayBuffer> = []

  constructor(port: Port, listener: DataPortListener) {
    this.#port = port
    listenTo(port, {
      message: (batch) => {
        for (const frame of batch as ReadonlyArray<unknown>) listener.frame(decodeFrame(frame))
      },
      close: listener.closed
    })
  }

  post(frame: ClientFrame, transfer?: ArrayBuffer): void {
    if (this.#batch.push(frame) === 1) queueMicrotask(() => this.#flush())
    if (transfer !== undefined) this.#buffers.push(transfer)
  }

  close(): void {
    this.#port.close()
  }

  #flush(): void {
    const batch = this.#batch
    const buffers = this.#buffers
    this.#batch = []
    this.#buffers = []
    this.#port.postMessage(batch, buffers)
  }
}

const decodeBySchema = Schema.decodeUnknownSync(BrokerFrameSchema)

/** Data comes for every chunk, and is checked by hand; a property test holds this to the schema. */
const decodeFrame = (frame: unknown): BrokerFrame => (isData(frame) ? frame : decodeBySchema(frame))

type Data = Extract<BrokerFrame, { readonly _tag: "Data" }>

const isData = (frame: unknown): frame is Data => {
  const { _tag, channel, fd, offset, arrival, held, bytes } = frame as Data
  return (
    _tag === "Data" &&
    Number.isInteger(channel) &&
    isFd(fd) &&
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(arrival) &&
    (held === undefined || Number.isSafeInteger(held)) &&
    bytes instanceof Uint8Array
  )
}
