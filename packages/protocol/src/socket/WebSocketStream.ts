/**
 * A WebSocket as a connection that carries bytes: its binary messages, one after the other, are the stream. Where one message
 * ends means nothing; the frames within say how long they are.
 *
 * A browser's WebSocket cannot be told to wait, and need not be: what is under way to it is bounded by the credits that it has
 * given. The broker's end (`ws`, in Node) can, and is, so that a client which takes nothing is not read either.
 */
import type { ByteStream } from "./ByteStream.ts"
import { concatBytes } from "../wire/copy-bytes.ts"

/**
 * Bytes of one message at most. Higher: the other end holds more of what it has not looked at. Lower: more messages for a
 * large frame.
 */
export const MAX_WEB_SOCKET_MESSAGE_BYTES = 1024 * 1024

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
  readonly #onDrain = new Set<() => void>()

  constructor(socket: WebSocketLike) {
    this.#socket = socket
    if (socket.binaryType === "blob") socket.binaryType = "arraybuffer"
  }

  get writableLength(): number {
    return this.#socket.bufferedAmount
  }

  write(bytes: Uint8Array): boolean {
    if (this.#corked !== undefined) this.#corked.push(bytes)
    else this.#send(bytes)
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
    this.#corked = undefined
    if (pieces.length > 0) this.#send(pieces.length === 1 ? pieces[0]! : concatBytes(pieces))
  }

  end(): void {
    this.#socket.close(1000)
  }

  destroy(): void {
    if (this.#socket.terminate === undefined) this.#socket.close()
    else this.#socket.terminate()
  }

  #send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += MAX_WEB_SOCKET_MESSAGE_BYTES) {
      this.#socket.send(bytes.subarray(at, at + MAX_WEB_SOCKET_MESSAGE_BYTES), this.#sent)
    }
  }

  readonly #sent = (): void => {
    if (this.#socket.bufferedAmount === 0) for (const listener of this.#onDrain) listener()
  }
}

const asBytes = (data: unknown): Uint8Array | undefined => {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return data instanceof Uint8Array ? data : undefined
}
