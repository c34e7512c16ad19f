/**
 * What a process puts out, on a terminal: first what is kept of it, then what follows. stderr is red, and each of the two can be
 * shown alone.
 *
 * Nothing in it can do more than be seen: titles, links and the clipboard are not a program's to set here.
 */
import type { ClientHandle, ProcessHandle, ProcessId, StreamOffsets } from "@spawnbroker/client"
import { FitAddon } from "@xterm/addon-fit"
import { SearchAddon } from "@xterm/addon-search"
import { Terminal } from "@xterm/xterm"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { showBytes } from "../processes/words.ts"
import { type Chunk, Kept, type StreamName } from "./Kept.ts"
import { Pen } from "./Pen.ts"
import { saveFile } from "./save-file.ts"

/** Sequences that set a title, a link, or the clipboard. */
const unwanted = [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 52, 104, 110, 111, 112, 133, 633, 777, 1337]

/** Bytes that are kept to be saved, and to be shown once a pause is over. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024

const inRed = ["\u001b[31m", "\u001b[39m"] as const

/** Colours of what a search has found: black on these is readable. */
const foundColours = {
  matchBackground: "#8a6d1d",
  matchOverviewRuler: "#8a6d1d",
  activeMatchBackground: "#b4531f",
  activeMatchColorOverviewRuler: "#b4531f"
}

/** Which streams are on it. */
export type Shown = StreamName | "both"

export interface ScreenState {
  readonly shown: Shown
  readonly isPaused: boolean
  /** What has come since it was paused. */
  readonly waitingBytes: number
  /** Of the search: which of how many places. The first is 1; 0 where that is not known. */
  readonly found: { readonly place: number; readonly of: number } | undefined
}

export const initialState: ScreenState = { shown: "both", isPaused: false, waitingBytes: 0, found: undefined }

export class Screen {
  readonly #terminal: Terminal
  readonly #pen: Pen
  readonly #fit = new FitAddon()
  readonly #search = new SearchAddon()
  readonly #sizes: ResizeObserver
  readonly #onState: (state: ScreenState) => void
  #state = initialState
  #kept = new Kept(MAX_KEPT_BYTES)
  /** What came while it is paused. */
  #waiting: Kept | undefined

  constructor(element: HTMLElement, onState: (state: ScreenState) => void) {
    this.#onState = onState
    const style = getComputedStyle(element)
    this.#terminal = new Terminal({
      // Marks of what is found need it.
      allowProposedApi: true,
      convertEol: true,
      disableStdin: true,
      scrollback: 10_000,
      screenReaderMode: true,
      fontFamily: style.fontFamily,
      fontSize: 13,
      theme: {
        background: style.backgroundColor,
        foreground: style.color,
        cursor: style.backgroundColor,
        // The usual one is too dark to be read on this ground.
        red: "#ff8f86"
      }
    })
    this.#pen = new Pen(this.#terminal)
    for (const code of unwanted) this.#terminal.parser.registerOscHandler(code, () => true)
    this.#terminal.loadAddon(this.#fit)
    this.#terminal.loadAddon(this.#search)
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) =>
      this.#set({ found: { place: resultIndex + 1, of: resultCount } })
    )
    this.#terminal.open(element)
    this.#sizes = new ResizeObserver(() => this.#fit.fit())
    this.#sizes.observe(element)
  }

  /**
   * Shows a process to its end. When the connection is lost in between, it goes on where it was once it is back; so there is neither
   * a gap nor a repeat on it, and where the broker has let go of some, it says so.
   */
  show(client: ClientHandle, id: ProcessId, onHandle: (handle: ProcessHandle) => void) {
    let from: StreamOffsets | undefined
    return Effect.gen({ self: this }, function* () {
      const handle = yield* client.attach(id, { from })
      this.#tellGone(handle.gone)
      onHandle(handle)
      // Each to its own end, so that what has been taken has been shown.
      const takes = [this.#take(handle.stdout, false), this.#take(handle.stderr, true)].map(Effect.exit)
      const ends = yield* Effect.all(takes, { concurrency: 2 })
      from = yield* handle.offsets
      for (const end of ends) yield* end
    }).pipe(
      Effect.scoped,
      Effect.retry({ while: ({ _tag }) => _tag === "BrokerUnavailable", schedule: Schedule.spaced("500 millis") })
    )
  }

  /** The outputs of one that has ended, each as a whole. `omitted`: bytes before it that nobody has kept. */
  showPast(stream: StreamName, bytes: Uint8Array, omitted: number): void {
    // Of what is longer than a page can hold the last is shown.
    const left = Math.max(0, bytes.byteLength - MAX_KEPT_BYTES)
    if (omitted + left > 0) this.#pen.remark(`${showBytes(omitted + left)} of ${stream} before this are not kept`)
    const chunk: Chunk = { stream, bytes: new Uint8Array(bytes.subarray(left)) }
    this.#kept.add(chunk)
    this.#write(chunk)
  }

  /** What comes from here on is counted and waits. */
  pause(): void {
    this.#waiting = new Kept(MAX_KEPT_BYTES)
    this.#set({ isPaused: true, waitingBytes: 0 })
  }

  resume(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#set({ isPaused: false, waitingBytes: 0 })
    if (waiting === undefined) return
    if (waiting.dropped > 0) this.#pen.remark(`${showBytes(waiting.dropped)} went by in the pause`)
    for (const chunk of waiting.chunks) this.#write(chunk)
  }

  /** Shows one stream alone, or both, from the first byte that is kept on. A pause is over by that. */
  select(shown: Shown): void {
    this.#waiting = undefined
    this.#set({ shown, isPaused: false, waitingBytes: 0 })
    this.#pen.startOver()
    for (const chunk of this.#kept.chunks) this.#write(chunk)
  }

  /** Goes to the next place that has the text, or to the one before. None: what was marked is no longer. */
  find(text: string, direction: "next" | "previous", isSameSearch: boolean): void {
    if (text === "") {
      this.#search.clearDecorations()
      this.#set({ found: undefined })
      return
    }
    const options = { incremental: !isSameSearch, decorations: foundColours }
    if (direction === "next") this.#search.findNext(text, options)
    else this.#search.findPrevious(text, options)
  }

  /** What is kept of what is shown, byte by byte, as a file. */
  save(name: string): void {
    saveFile(
      name,
      this.#kept.chunks.filter((chunk) => this.#isShown(chunk)).map(({ bytes }) => bytes)
    )
  }

  close(): void {
    this.#sizes.disconnect()
    this.#terminal.dispose()
  }

  #tellGone({ stdout, stderr }: StreamOffsets): void {
    const bytes = stdout + stderr
    if (bytes > 0) this.#pen.remark(`${showBytes(bytes)} are no longer kept`)
  }

  /** The next bytes are asked for once the terminal has drawn these, so that a flood waits where it comes from. */
  #take(stream: ProcessHandle["stdout"], isError: boolean) {
    return Stream.runForEach(stream, (bytes) =>
      Effect.callback<void>((resume) => {
        const chunk: Chunk = { stream: isError ? "stderr" : "stdout", bytes: new Uint8Array(bytes) }
        this.#kept.add(chunk)
        if (this.#waiting === undefined) this.#write(chunk, () => resume(Effect.void))
        else {
          this.#waiting.add(chunk)
          this.#set({ waitingBytes: this.#waiting.bytes + this.#waiting.dropped })
          resume(Effect.void)
        }
      })
    )
  }

  #isShown({ stream }: Chunk): boolean {
    return this.#state.shown === "both" || this.#state.shown === stream
  }

  #write(chunk: Chunk, done?: () => void): void {
    if (!this.#isShown(chunk)) return done?.()
    this.#pen.draw(chunk.bytes, chunk.stream === "stderr" ? inRed : undefined, done)
  }

  #set(state: Partial<ScreenState>): void {
    this.#state = { ...this.#state, ...state }
    this.#onState(this.#state)
  }
}
