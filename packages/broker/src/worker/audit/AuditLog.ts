/**
 * Writes every fact of the bus to the audit file, in order, without anybody waiting for it.
 *
 * What comes after a quiet time is written at once. What follows within {@link BATCH_MS} is one write, and so is all that comes
 * while a write is under way. A killed broker loses no more than that. What has been written survives the death of the process; that of the machine only what was synced, which
 * happens once in {@link SYNC_MS}, when a file is full, and at the end.
 *
 * If the file cannot be written it is tried again, and what comes meanwhile is held, {@link MAX_HELD_LENGTH} of it; the rest is
 * counted, and the count is a line once there is room.
 */
import { AUDIT_VERSION, type AuditNote, type BusEvent } from "@spawnbroker/protocol"
import { setTimeout as sleep } from "node:timers/promises"
import type { BusListener } from "../events/Bus.ts"
import { AuditFile, type AuditFileOptions } from "./AuditFile.ts"

/** Length of the lines that wait for the disk, in UTF-16 units. Higher: a longer trouble is survived. Lower: less memory. */
const MAX_HELD_LENGTH = 8 * 1024 * 1024
/** Lines of one write at most. Higher: fewer writes. Lower: less memory at a time. */
const MAX_BATCH_LINES = 4096
/**
 * From the end of one write to the next. Longer: fewer writes, each of which costs the worker 60 µs, and some 600 where all cores
 * are busy. Shorter: less is lost where the broker is killed.
 */
const BATCH_MS = 100
/** Time between a failure and the next try. Longer: more has to be held. */
const RETRY_MS = 500
/** What the death of the machine may cost. Longer: less for the disk to do. */
const SYNC_MS = 1000

export interface AuditListener {
  /** The first failure after things were well, or that they are well again. */
  readonly log: (level: "Warning" | "Error", message: string) => void
  /** Something cannot be written, or was not. */
  readonly failed: () => void
}

export class AuditLog implements BusListener {
  readonly #file: AuditFile
  readonly #path: string
  #listener: AuditListener = { log: () => {}, failed: () => {} }
  #lines: Array<string> = []
  #heldLength = 0
  /** Lines that were given up since the last one that is held. */
  #lost = 0
  #lostInAll = 0
  #trouble: string | undefined
  #writtenAt = -Infinity
  #dueTimer: NodeJS.Timeout | undefined
  #work: Promise<void> | undefined
  #syncTimer: NodeJS.Timeout | undefined
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  private constructor(file: AuditFile, path: string) {
    this.#file = file
    this.#path = path
  }

  /** Rejects if the file cannot be opened, or, unless it `mayWait`, be written to. */
  static async open(options: AuditFileOptions, mayWait = false): Promise<AuditLog> {
    const log = new AuditLog(await AuditFile.open(options), options.file)
    log.#note({ _tag: "AuditStarted", at: Date.now(), pid: process.pid })
    if (mayWait) log.#workSoon()
    else await log.#writeAll()
    return log
  }

  /** Who is told of troubles. */
  listenTo(listener: AuditListener): void {
    this.#listener = listener
    if (this.#trouble !== undefined) this.#tellTrouble(this.#trouble)
  }

  get stats(): { readonly held: number; readonly lost: number } {
    return { held: this.#lines.length, lost: this.#lostInAll }
  }

  take(event: BusEvent): void {
    const line = lineOf(event)
    // Once one is lost so are those that follow, up to the line that tells how many.
    if (this.#lost > 0 || this.#heldLength + line.length > MAX_HELD_LENGTH) return this.#lose()
    this.#hold(line)
    this.#workSoon()
  }

  /** Writes what is left, as far as that can be, and closes the file. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#dueTimer)
    clearTimeout(this.#syncTimer)
    await this.#work
    this.#note({ _tag: "AuditStopped", at: Date.now() })
    await this.#attempt(() => this.#writeAll())
    await this.#attempt(() => this.#file.sync())
    const lost = this.#lines.length + this.#lost
    if (lost > 0) this.#listener.log("Error", `The last ${lost} lines of the audit are lost: ${this.#trouble}.`)
    await this.#file.close()
  }

  #hold(line: string): void {
    this.#lines.push(line)
    this.#heldLength += line.length
  }

  #note(note: AuditNote): void {
    this.#hold(lineOf(note))
  }

  #lose(): void {
    this.#lost++
    this.#lostInAll++
    if (this.#lost === 1) this.#inTrouble("the disk does not keep up")
  }

  #workSoon(): void {
    if (this.#dueTimer !== undefined || this.#work !== undefined || this.#closing.signal.aborted) return
    const waitMs = Math.max(0, this.#writtenAt + BATCH_MS - performance.now())
    this.#dueTimer = setTimeout(() => {
      this.#dueTimer = undefined
      this.#do(this.#writeUntilWell())
    }, waitMs)
  }

  /** One thing at a time, so that lines keep their order. */
  #do(work: Promise<void>): void {
    this.#work = work.then(() => {
      this.#work = undefined
      if (this.#lines.length > 0) this.#workSoon()
    })
  }

  async #writeUntilWell(): Promise<void> {
    const { signal } = this.#closing
    while (!(await this.#attempt(() => this.#writeAll())) && !signal.aborted) {
      await sleep(RETRY_MS, undefined, { ref: false, signal }).catch(() => {})
    }
    this.#writtenAt = performance.now()
    this.#syncTimer ??= setTimeout(() => this.#syncSoon(), SYNC_MS).unref()
  }

  #syncSoon(): void {
    this.#syncTimer = undefined
    if (this.#work === undefined) this.#do(this.#attempt(() => this.#file.sync()).then(() => {}))
    else this.#syncTimer = setTimeout(() => this.#syncSoon(), SYNC_MS).unref()
  }

  async #attempt(act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      return true
    } catch (cause) {
      this.#inTrouble(reasonOf(cause))
      return false
    }
  }

  async #writeAll(): Promise<void> {
    while (this.#lines.length > 0) {
      const batch = this.#lines.slice(0, MAX_BATCH_LINES)
      const count = await this.#file.append(batch)
      for (const line of this.#lines.splice(0, count)) this.#heldLength -= line.length
      if (count < batch.length) await this.#rotate()
      if (this.#lines.length === 0 && this.#trouble !== undefined) this.#wellAgain(this.#trouble)
    }
  }

  /** A file that is too large is better than lines that are lost. */
  async #rotate(): Promise<void> {
    try {
      await this.#file.rotate()
    } catch (cause) {
      this.#file.grow()
      this.#listener.log("Error", `The audit ${this.#path} cannot be rotated, and grows: ${reasonOf(cause)}.`)
    }
  }

  #inTrouble(reason: string): void {
    const isNew = this.#trouble === undefined
    this.#trouble = reason
    if (isNew) this.#tellTrouble(reason)
  }

  #tellTrouble(reason: string): void {
    this.#listener.log("Error", `The audit cannot be written to ${this.#path}: ${reason}. It is tried again.`)
    this.#listener.failed()
  }

  #wellAgain(reason: string): void {
    this.#trouble = undefined
    const lost = this.#lost
    this.#lost = 0
    this.#listener.log("Warning", `The audit can be written again. Lines that are lost: ${lost}.`)
    if (lost > 0) this.#note({ _tag: "AuditLost", at: Date.now(), lost, reason })
  }
}

const reasonOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? (cause as Error).message

const lineOf = (event: BusEvent | AuditNote): string => `{"v":${AUDIT_VERSION},${JSON.stringify(event).slice(1)}\n`
