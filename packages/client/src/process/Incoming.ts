/**
 * The receiving end of one output stream: what has arrived and has not been read, and the credit it costs.
 *
 * This is the byte path, so it is plain code. One reader at a time.
 */
import {
  copyBytes,
  eagerBytes,
  type Fd,
  InvalidArgument,
  type ProcessError,
  returnThreshold,
  slackBytes,
  streamName
} from "@spawnbroker/protocol"

/** What the output streams of a process say to the broker: one link for all, since many live at a time. */
export interface IncomingLink {
  credit(fd: Fd, bytes: number): void
  drain(fd: Fd): void
  /** A reader has come. */
  acquired(): void
  /** The reader has gone. */
  released(): void
}

/** Who takes what has arrived. */
export interface IncomingReader {
  /** Something has come, or nothing will. */
  wake(): void
}

/** Whose a chunk is that was taken: the reader's for ever (`own`), or until the stream takes it back (`borrowed`). */
export type ChunkMemory = "own" | "borrowed"

export const NEWLINE = 10

export interface Chunk {
  /** What its stream is called. */
  readonly from: string
  /** Its number among the chunks of all streams of the process. */
  readonly arrival: number
  /** Bytes of its stream before it. */
  readonly offset: number
  /** An older chunk of another stream has been kept back: that, or a younger one of the same, is still to come. */
  readonly held: number | undefined
  /** Bytes of its stream that came before it have been dropped unread. */
  readonly isAfterGap: boolean
  readonly bytes: Uint8Array
}

export class Incoming {
  readonly fd: Fd
  readonly name: string
  readonly #link: IncomingLink
  readonly #windowBytes: number
  #chunks: Array<Chunk> = []
  #lastArrival = -1
  #position = 0
  #queuedBytes = 0
  #owedBytes = 0
  /** The broker has been asked for the whole window. */
  #granted = false
  /** The broker has been told that nobody reads. */
  #isDrained = false
  #hasGap = false
  #isRead = false
  #memory: ChunkMemory = "own"
  /** What the reader has for now. */
  #lent: Array<Chunk> = []
  #reader: IncomingReader | undefined
  /** No more will arrive. */
  isEnded = false
  error: ProcessError | undefined
  /** Bytes that had arrived, and were given up unread. */
  discardedBytes = 0

  constructor(fd: Fd, windowBytes: number, link: IncomingLink) {
    this.fd = fd
    this.name = streamName(fd)
    this.#windowBytes = windowBytes
    this.#link = link
  }

  /** Bytes of the stream before what a reader takes next: those that were taken, and those that never came here. */
  get position(): number {
    return this.#position
  }

  /** What comes here begins there. Nothing has been taken yet. */
  startAt(offset: number): void {
    this.#position = offset
  }

  get isRead(): boolean {
    return this.#isRead
  }

  /** The first chunk that waits to be taken. */
  get first(): Chunk | undefined {
    return this.#chunks[0]
  }

  /** Whether everything up to a chunk of that number has come. */
  hasAllUpTo(arrival: number): boolean {
    return this.isEnded || this.#lastArrival >= arrival
  }

  receive(bytes: Uint8Array, offset: number, arrival: number, held?: number): void {
    this.#queuedBytes += bytes.byteLength
    this.#lastArrival = arrival
    this.#chunks.push({ from: this.name, arrival, offset, held, isAfterGap: this.#hasGap, bytes })
    this.#hasGap = false
    // Long before the broker has to wait for it; a short output ends without it.
    if (this.#isRead && this.#needsMore) this.#grant()
    this.#reader?.wake()
  }

  /**
   * The broker has dropped what comes next. What is queued here is older still, so unless somebody is reading it goes
   * too: whoever reads later gets one piece, the last one.
   */
  gap(): void {
    this.#hasGap = true
    if (this.#isRead) return
    this.discardedBytes += this.#queuedBytes
    this.#owedBytes += this.#queuedBytes
    this.#queuedBytes = 0
    this.#chunks = []
  }

  end(): void {
    this.isEnded = true
    this.#reader?.wake()
  }

  fail(error: ProcessError): void {
    if (this.isEnded) return
    this.error = error
    this.end()
  }

  /** A reader comes. Answers an error if there is one already. */
  acquire(reader: IncomingReader, memory: ChunkMemory = "own"): InvalidArgument | undefined {
    if (this.#isRead)
      return new InvalidArgument({
        argument: this.name,
        problem: "it is being read already; read it once, or use `all`"
      })
    this.#isRead = true
    this.#memory = memory
    this.#reader = reader
    this.#link.acquired()
    // Also where nothing is granted: it says that somebody reads.
    if (this.#isDrained || this.#needsMore) this.#grant()
    return undefined
  }

  release(): void {
    this.takeBack()
    this.#isRead = false
    this.#reader = undefined
    this.#link.released()
  }

  /** Takes everything that is queued. The credit for it is due at the next call: by then it has been used. */
  takeAll(): Array<Chunk> {
    const chunks = this.#chunks
    this.#chunks = []
    if (this.#memory === "borrowed") this.#lent = chunks
    const last = chunks.at(-1)
    if (last !== undefined) this.#position = last.offset + last.bytes.byteLength
    this.#settle(this.#queuedBytes)
    return chunks
  }

  takeOne(): Chunk {
    const chunk = this.#chunks.shift()!
    if (this.#memory === "borrowed") this.#lent.push(chunk)
    this.#position = chunk.offset + chunk.bytes.byteLength
    this.#settle(chunk.bytes.byteLength)
    return chunk
  }

  /**
   * The reader is done with what it was lent, and whoever still has a chunk of that has one of no bytes.
   *
   * Its memory is free at once. Otherwise it would count as memory of this thread until that has collected its garbage, which
   * V8 then does for every 30 MB that come, of everything there is. To send the buffers back to be filled again was measured
   * to save no more.
   */
  takeBack(): void {
    for (const { bytes } of this.#lent) (bytes.buffer as ArrayBuffer).transfer(0)
    this.#lent = []
  }

  /** Takes the first bytes, so many at most, out of one chunk. */
  takeBytes(maxBytes: number): Uint8Array {
    const chunk = this.#chunks[0]!
    if (chunk.bytes.byteLength <= maxBytes) return this.takeOne().bytes
    this.#position = chunk.offset + maxBytes
    this.#chunks[0] = { ...chunk, offset: this.#position, isAfterGap: false, bytes: chunk.bytes.subarray(maxBytes) }
    this.#settle(maxBytes)
    return copyBytes(chunk.bytes, 0, maxBytes)
  }

  /** Takes what is left of a line in the first chunk, with its end if that is there. */
  takeLinePart(): Uint8Array {
    const end = this.#chunks[0]!.bytes.indexOf(NEWLINE)
    return end < 0 ? this.takeOne().bytes : this.takeBytes(end + 1)
  }

  /** Gives back what was taken from a position on and has not been used: it comes first again. */
  putBack(parts: ReadonlyArray<Uint8Array>, position: number): void {
    const { arrival, held } = this.#chunks[0] ?? { arrival: this.#lastArrival, held: undefined }
    this.#position = position
    let offset = position
    const chunks = parts.map((bytes) => {
      const chunk = { from: this.name, arrival, offset, held, isAfterGap: false, bytes }
      offset += bytes.byteLength
      return chunk
    })
    this.#chunks.unshift(...chunks)
    this.#settle(position - offset)
  }

  /** Nobody reads now, and the child must not wait for that. */
  drain(): void {
    if (this.#isRead || this.isEnded) return
    this.#isDrained = true
    this.#link.drain(this.fd)
  }

  /** What the broker may have sent, and has not had back. */
  get #creditBytes(): number {
    return this.#granted ? this.#windowBytes : eagerBytes(this.#windowBytes)
  }

  /** More comes than a short output. */
  get #needsMore(): boolean {
    return !this.#granted && this.#queuedBytes >= returnThreshold(this.#creditBytes)
  }

  /** Gives back what is owed, and the first time whatever of the window there is more. */
  #grant(): void {
    const bytes = this.#owedBytes + this.#windowBytes - this.#creditBytes
    this.#owedBytes = 0
    this.#granted = true
    this.#isDrained = false
    if (!this.isEnded) this.#link.credit(this.fd, bytes)
  }

  #settle(takenBytes: number): void {
    this.#queuedBytes -= takenBytes
    if (this.#owedBytes >= returnThreshold(this.#creditBytes)) this.#grant()
    this.#owedBytes += takenBytes
  }

  /** Whoever waits for more gives back the credit for what was taken first, or nothing more may come. */
  waits(): void {
    if (this.#owedBytes > slackBytes(this.#windowBytes)) this.#grant()
  }
}
