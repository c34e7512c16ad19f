import { copyBytes, EAGER_BYTES } from "@spawnbroker/protocol"
import type { ByteSource } from "../spawn/Spawner.ts"

export interface HostInputListener {
  /** The next chunk of this reader, whose buffer may be transferred. */
  readonly data: (chunk: Uint8Array, offset: number) => void
  readonly end: () => void
}

/**
 * The host's stdin, for one reader at a time. No more of it is read than that reader has credit for: what is not read
 * stays where it is, for the next one and for whoever else in the system shares it.
 */
export class HostInput {
  readonly #source: ByteSource
  #reader: HostReader | undefined
  #isStarted = false
  #isEnded = false

  constructor(source: ByteSource) {
    this.#source = source
  }

  /** Nothing, while somebody else reads. */
  open(listener: HostInputListener): HostReader | undefined {
    if (this.#reader !== undefined) return undefined
    const reader: HostReader = new HostReader(listener, {
      regulate: () => this.#regulate(),
      leave: () => {
        if (this.#reader !== reader) return
        this.#reader = undefined
        this.#regulate()
      }
    })
    this.#reader = reader
    if (this.#isEnded) listener.end()
    else this.#regulate()
    return reader
  }

  close(): void {
    this.#source.destroy()
  }

  #regulate(): void {
    if (this.#reader?.hasCredit !== true) return this.#source.pause()
    if (this.#isStarted) return this.#source.resume()
    this.#isStarted = true
    this.#source.start({
      data: (chunk) => {
        this.#reader?.receive(copyBytes(chunk, 0, chunk.byteLength))
        this.#regulate()
      },
      end: () => {
        this.#isEnded = true
        this.#reader?.end()
      }
    })
    this.#source.resume()
  }
}

interface HostReaderLink {
  /** Its credit has changed. */
  readonly regulate: () => void
  readonly leave: () => void
}

/** One client's hold on the host's stdin, and its credit. */
export class HostReader {
  readonly #listener: HostInputListener
  readonly #link: HostReaderLink
  #credit = EAGER_BYTES
  #offset = 0

  constructor(listener: HostInputListener, link: HostReaderLink) {
    this.#listener = listener
    this.#link = link
  }

  get hasCredit(): boolean {
    return this.#credit > 0
  }

  receive(chunk: Uint8Array): void {
    const offset = this.#offset
    this.#offset += chunk.byteLength
    this.#credit -= chunk.byteLength
    this.#listener.data(chunk, offset)
  }

  end(): void {
    this.#listener.end()
  }

  /** Its client has taken so many bytes. */
  grant(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, EAGER_BYTES)
    this.#link.regulate()
  }

  /** Nobody is held up by what is not read. */
  drain(): void {}

  leave(): void {
    this.#link.leave()
  }
}
