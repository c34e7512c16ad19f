/**
 * A WebSocket as a connection that carries bytes: its binary messages, one after the other, are the stream. Where one message
 * ends means nothing; the frames within say how long they are.
 *
 * A browser's WebSocket cannot be told to wait, and need not be: what is under way to it is bounded by the credits that it has
 * given. The broker's end (`ws`, in Node) can, and is, so that a client which takes nothing is not read either.
 */
import type { ByteStream, Sent } from "./ByteStream.ts"
import { concatBytes } from "../wire/copy-bytes.ts"

/**
 * Bytes of one message at most. Higher: the other end holds more of what it has not looked at. Lower: more messages for a
 * large frame.
 */
export const MAX_WEB_SOCKET_MESSAGE_BYTES = 1024 * 1024

/** Shorter pieces that are written together are one message. Higher: fewer messages. Lower: less is copied. */
const MAX_JOINED_BYTES = 16 * 1024

/** The way in which both ends speak, as a WebSocket subprotocol. */
export const WEB_SOCKET_PROTOCOL = "spawnbroker.1"

/** The subprotocol of a connection that is opened only to be told, by the code and reason of its end, why it may not be. */
export const WEB_SOCKET_REFUSAL = "spawnbroker.refused"

/** What stands in front of a token, as a subprotocol: where a page can put it, and nobody logs it. */
export const WEB_SOCKET_TOKEN = "spawnbroker.token."

/** What is used of a WebSocket, the DOM's or that of `ws`, without the types of either. */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  /** `sent`: once it has been handed to the system. Only `ws` tells. */
  send(bytes: any, sent?: any): void
  close(code?: number, reason?: string): void
  addEventListener(type: any, listener: (event: any) => void): void
  terminate?(): void
  pause?(): void
  resume?(): void
}

export class WebSocketStream implements ByteStream {
  readonly #socket: WebSocketLike
  /** What waits for `uncork`. */
  #corked: Array<Uint8Array> | undefined
  /** Of those who wait for it. */
  #corkedSent: Array<Sent> = []
  readonly #onDrain = new Set<() => void>()

  constructor(socket: WebSocketLike) {
    this.#socket = socket
    if (socket.binaryType === "blob") socket.binaryType = "arraybuffer"
  }

  get writableLength(): number {
    return this.#socket.bufferedAmount
  }

  write(bytes: Uint8Array, sent?: Sent): boolean {
    if (this.#corked === undefined) this.#send([bytes], sent === undefined ? [] : [sent])
    else {
      this.#corked.push(bytes)
      if (sent !== undefined) this.#corkedSent.push(sent)
    }
    return true
  }

  on(event: "data", listener: (chunk: Uint8Array) => void): unknown
  on(event: "drain" | "close", listener: () => void): unknown
  on(event: "error", listener: (cause: Error) => void): unknown
  on(event: "data" | "drain" | "close" | "error", listener: (value: any) => void): unknown {
    if (event === "drain") return this.#onDrain.add(listener as () => void)
    if (event === "data") {
      return this.#socket.addEventListener("message", ({ data }) => {
        const bytes = asBytes(data)
        // Text is nothing that we speak.
        if (bytes === undefined) this.destroy()
        else listener(bytes)
      })
    }
    return this.#socket.addEventListener(event, () => listener(new Error("The WebSocket has failed.")))
  }

  pause(): void {
    this.#socket.pause?.()
  }

  resume(): void {
    this.#socket.resume?.()
  }

  cork(): void {
    this.#corked ??= []
  }

  uncork(): void {
    const pieces = this.#corked ?? []
    const listeners = this.#corkedSent
    this.#corked = undefined
    this.#corkedSent = []
    if (pieces.length > 0) this.#send(joinShort(pieces), listeners)
  }

  end(): void {
    this.#socket.close(1000)
  }

  destroy(): void {
    if (this.#socket.terminate === undefined) this.#socket.close()
    else this.#socket.terminate()
  }

  #send(pieces: ReadonlyArray<Uint8Array>, listeners: ReadonlyArray<Sent>): void {
    const messages = pieces.flatMap(cutIntoMessages)
    const last = messages.pop()
    for (const message of messages) this.#socket.send(message)
    if (last === undefined) return
    this.#socket.send(last, (error?: Error | null) => {
      for (const listener of listeners) listener(error)
      if (this.#socket.bufferedAmount === 0) for (const listener of this.#onDrain) listener()
    })
  }
}

/** The same bytes in fewer pieces. Long ones, which are output, are not copied. */
const joinShort = (pieces: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> => {
  const joined: Array<Uint8Array> = []
  let short: Array<Uint8Array> = []
  const join = (): void => {
    if (short.length > 0) joined.push(short.length === 1 ? short[0]! : concatBytes(short))
    short = []
  }
  for (const piece of pieces) {
    if (piece.byteLength <= MAX_JOINED_BYTES) short.push(piece)
    else {
      join()
      joined.push(piece)
    }
  }
  join()
  return joined
}

const cutIntoMessages = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  if (bytes.byteLength <= MAX_WEB_SOCKET_MESSAGE_BYTES) return bytes.byteLength === 0 ? [] : [bytes]
  const messages: Array<Uint8Array> = []
  for (let at = 0; at < bytes.byteLength; at += MAX_WEB_SOCKET_MESSAGE_BYTES) {
    messages.push(bytes.subarray(at, at + MAX_WEB_SOCKET_MESSAGE_BYTES))
  }
  return messages
}

const asBytes = (data: unknown): Uint8Array | undefined => {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return data instanceof Uint8Array ? data : undefined
}
