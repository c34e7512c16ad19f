/**
 * Hears every fact of the bus, and has the history's thread write it, without anybody waiting for it.
 *
 * What comes within {@link BATCH_MS} is one message and one transaction. Most processes are over by then, and are one row that
 * is written once. A killed host loses no more than what has come since, and what that thread was about to write.
 *
 * While the disk does not keep up entries are held, {@link MAX_LENGTH} of them; the rest is counted, and once there is room that
 * is a fact by itself. Before that outputs are left out: that something ran is worth more than what it said.
 */
import type { BusEvent } from "@spawnbroker/protocol"
import { chainOf } from "../access/Capability.ts"
import type { Actor, BusListener } from "../events/Bus.ts"
import { lengthOf } from "../events/EventSubscription.ts"
import type { ReplayPiece } from "../output/Replay.ts"
import type { HistoryEntry, KeptOutput, ProcessEntry } from "./HistoryEntry.ts"
import { WriterThread } from "./WriterThread.ts"
import type { WriterStart } from "./thread-messages.ts"

/** How long the first entry of a batch waits for others. Longer: fewer transactions. Shorter: less is lost with a killed host. */
const BATCH_MS = 100
/** Entries of one batch at most. Higher: fewer transactions. Lower: shorter turns of this thread. */
const MAX_BATCH = 512
/** Length of one batch, after which it does not wait for more. Higher: fewer transactions. Lower: more outputs find room. */
const MAX_BATCH_LENGTH = 4 * 1024 * 1024
/** Batches that are not written yet. Higher: more of what is held is with the other thread. */
const MAX_UNDER_WAY = 4
/** Length of what is held, in UTF-16 units of facts and bytes of outputs. Higher: a longer trouble is survived. */
const MAX_LENGTH = 32 * 1024 * 1024
/** The same, above which nothing of an output is held any more. Higher: less room is left for facts. */
const MAX_LENGTH_WITH_OUTPUTS = 24 * 1024 * 1024
/** Tokens that are remembered to have been written. Higher: fewer are written twice. */
const MAX_TOKENS = 4096

export interface HistoryListener {
  readonly log: (level: "Warning" | "Error", message: string) => void
  /** So many facts were not taken. There is room again. */
  readonly lost: (count: number, reason: string) => void
  /** What is kept of the output of a process, and how many bytes each of its streams had. */
  readonly outputsOf: (id: string) => ReadonlyArray<ReplayPiece>
  /** The processes that run. */
  readonly living: () => ReadonlyArray<string>
}

export class HistoryLog implements BusListener {
  #listener: HistoryListener = deaf
  readonly #file: string
  #writer!: WriterThread
  #entries: Array<HistoryEntry> = []
  /** Those of processes in the batch that is being filled. */
  readonly #filling = new Map<string, ProcessEntry>()
  readonly #tokens = new Set<string>()
  /** Of the batch that is being filled, of all that are held, and of those that are under way. */
  #fillingLength = 0
  #length = 0
  readonly #lengths: Array<number> = []
  #lost = 0
  #lostInAll = 0
  #trouble: string | undefined
  #leavesOut = false
  #dueTimer: NodeJS.Timeout | undefined

  /** Rejects if the history cannot be written. */
  static async open(workerFile: string, start: WriterStart): Promise<HistoryLog> {
    const log = new HistoryLog(start.where === "memory" ? "memory" : start.file)
    log.#writer = await WriterThread.open(workerFile, start, {
      written: (batches) => log.#written(batches),
      trouble: (problem) => log.#inTrouble(problem)
    })
    return log
  }

  private constructor(file: string) {
    this.#file = file
  }

  /** Who is told of troubles, and asked for what is not in a fact. */
  listenTo(listener: HistoryListener): void {
    this.#listener = listener
  }

  get stats(): { readonly held: number; readonly lost: number } {
    return { held: this.#entries.length + this.#writer.underWay * MAX_BATCH, lost: this.#lostInAll }
  }

  take(event: BusEvent, actor: Actor): void {
    // Once one is lost so are those that follow, up to the entry that tells how many.
    if (this.#lost > 0 || this.#length > MAX_LENGTH) return this.#lose()
    this.#hold(lengthOf(event))
    if (actor !== undefined) this.#noteTokens(actor)
    if (event._tag === "ProcessStarted") {
      this.#add({ _tag: "Process", id: event.id, started: pickStarted(event) })
    } else if (event._tag === "ProcessExited") {
      this.#processEntry(event.id).exited = pickExited(event)
    } else if (event._tag === "ProcessClosed") {
      const { bytes, limit } = event
      const kept = (actor?.grant.keptOutputBytes ?? 0) > 0 ? this.#keptOf(event.id) : []
      this.#processEntry(event.id).closed = { bytes, ...(limit && { limit }), kept }
    } else if (event._tag !== "OutputTruncated") {
      this.#add({ _tag: "Fact", event })
    }
    if (this.#fillingLength >= MAX_BATCH_LENGTH) this.#sendIfMay()
  }

  /** Writes what is left, as far as that can be. */
  async close(): Promise<void> {
    this.#send()
    await this.#writer.close()
    const left = this.#writer.underWay
    if (left > 0) {
      this.#listener.log("Error", `The last facts of the history are lost (${left} batches): ${this.#trouble}.`)
    }
  }

  #hold(length: number): void {
    this.#length += length
    this.#fillingLength += length
  }

  #add(entry: HistoryEntry): void {
    this.#entries.push(entry)
    if (entry._tag === "Process") this.#filling.set(entry.id, entry)
    if (this.#entries.length >= MAX_BATCH) this.#sendIfMay()
    else this.#dueTimer ??= setTimeout(() => this.#sendIfMay(), BATCH_MS).unref()
  }

  #processEntry(id: string): ProcessEntry {
    const filling = this.#filling.get(id)
    if (filling !== undefined) return filling
    const entry: ProcessEntry = { _tag: "Process", id }
    this.#add(entry)
    return entry
  }

  #noteTokens(actor: NonNullable<Actor>): void {
    if (this.#tokens.has(actor.tokenId)) return
    if (this.#tokens.size >= MAX_TOKENS) this.#tokens.clear()
    for (const { tokenId, parent } of chainOf(actor)) {
      this.#tokens.add(tokenId)
      this.#add({ _tag: "Token", id: tokenId, parent: parent?.tokenId })
    }
  }

  #keptOf(id: string): ReadonlyArray<KeptOutput> {
    const pieces = this.#listener.outputsOf(id)
    const length = pieces.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
    if (this.#length + length > MAX_LENGTH_WITH_OUTPUTS) return this.#leaveOut(pieces)
    this.#hold(length)
    const kept = new Map<number, { readonly omitted: number; readonly parts: Array<ReplayPiece["bytes"]> }>()
    for (const { fd, offset, bytes } of pieces) {
      const one = kept.get(fd) ?? { omitted: offset, parts: [] }
      kept.set(fd, one)
      one.parts.push(bytes)
    }
    return [...kept].map(([fd, { omitted, parts }]) => ({ fd, omitted, bytes: joinBytes(parts) }))
  }

  /** Of each output only how long it was. */
  #leaveOut(pieces: ReadonlyArray<ReplayPiece>): ReadonlyArray<KeptOutput> {
    if (!this.#leavesOut)
      this.#listener.log("Warning", "Outputs are left out of the history: the disk does not keep up.")
    this.#leavesOut = true
    const lengths = new Map(pieces.map(({ fd, offset, bytes }) => [fd, offset + bytes.byteLength]))
    return [...lengths].map(([fd, omitted]) => ({ fd, omitted, bytes: new Uint8Array() }))
  }

  #sendIfMay(): void {
    clearTimeout(this.#dueTimer)
    this.#dueTimer = undefined
    if (this.#writer.underWay < MAX_UNDER_WAY) this.#send()
  }

  #send(): void {
    if (this.#entries.length === 0) return
    this.#writer.write(this.#entries)
    this.#lengths.push(this.#fillingLength)
    this.#entries = []
    this.#filling.clear()
    this.#fillingLength = 0
  }

  #written(batches: number): void {
    for (const length of this.#lengths.splice(0, batches)) this.#length -= length
    if (this.#length < MAX_BATCH_LENGTH) this.#leavesOut = false
    if (this.#trouble !== undefined) this.#wellAgain(this.#trouble)
    if (this.#entries.length > 0 && this.#dueTimer === undefined) this.#sendIfMay()
  }

  #lose(): void {
    this.#lost++
    this.#lostInAll++
    if (this.#lost === 1) this.#inTrouble("the disk does not keep up")
  }

  #inTrouble(problem: string): void {
    const isNew = this.#trouble === undefined
    this.#trouble = problem
    if (isNew)
      this.#listener.log("Error", `The history cannot be written to ${this.#file}: ${problem}. It is tried again.`)
  }

  #wellAgain(reason: string): void {
    this.#trouble = undefined
    const lost = this.#lost
    this.#lost = 0
    this.#listener.log("Warning", `The history can be written again. Facts that are lost: ${lost}.`)
    if (lost === 0) return
    this.#add({ _tag: "Lost", living: this.#listener.living() })
    this.#listener.lost(lost, reason)
  }
}

const deaf: HistoryListener = { log: () => {}, lost: () => {}, outputsOf: () => [], living: () => [] }

type EventOf<Tag extends BusEvent["_tag"]> = Extract<BusEvent, { readonly _tag: Tag }>

const pickStarted = (event: EventOf<"ProcessStarted">): NonNullable<ProcessEntry["started"]> => {
  const { at, pid, subject, tokenId, operation, command, args, argsOmitted, file, cwd, rule, inherited } = event
  return {
    at,
    pid,
    subject,
    tokenId,
    operation,
    command,
    args,
    ...(argsOmitted !== undefined && { argsOmitted }),
    file,
    cwd,
    rule,
    ...(inherited !== undefined && { inherited })
  }
}

const pickExited = ({
  at,
  durationMs,
  exit,
  ...event
}: EventOf<"ProcessExited">): NonNullable<ProcessEntry["exited"]> => {
  const { killedBy, limit, cpuMs, peakRssBytes } = event
  return {
    at,
    durationMs,
    exit,
    ...(killedBy && { killedBy }),
    ...(limit && { limit }),
    ...(cpuMs !== undefined && { cpuMs }),
    ...(peakRssBytes !== undefined && { peakRssBytes })
  }
}

/** In memory of their own, since what crosses to the other thread is all of the memory that they are in. */
const joinBytes = (parts: ReadonlyArray<ReplayPiece["bytes"]>): KeptOutput["bytes"] =>
  parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts))
