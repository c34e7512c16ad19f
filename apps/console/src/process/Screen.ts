/**
 * What a process puts out, on a terminal: first what is kept of it, then what follows. stderr is red.
 *
 * Nothing in it can do more than be seen: titles, links and the clipboard are not a program's to set here.
 */
import type { ClientHandle, ProcessHandle, ProcessId, StreamOffsets } from "@spawnbroker/client"
import { FitAddon } from "@xterm/addon-fit"
import { Terminal } from "@xterm/xterm"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { showBytes } from "../processes/words.ts"

/** Sequences that set a title, a link, or the clipboard. */
const unwanted = [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 52, 104, 110, 111, 112, 133, 633, 777, 1337]

/** Bytes that are kept for "Save". */
const MAX_KEPT_BYTES = 16 * 1024 * 1024

const red = new TextEncoder().encode("\u001b[31m")
const plain = new TextEncoder().encode("\u001b[39m")

export class Screen {
  readonly #terminal: Terminal
  readonly #fit = new FitAddon()
  readonly #sizes: ResizeObserver
  #kept: Array<Uint8Array<ArrayBuffer>> = []
  #keptBytes = 0

  constructor(element: HTMLElement) {
    const style = getComputedStyle(element)
    this.#terminal = new Terminal({
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
    for (const code of unwanted) this.#terminal.parser.registerOscHandler(code, () => true)
    this.#terminal.loadAddon(this.#fit)
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

  save(name: string): void {
    const url = URL.createObjectURL(new Blob(this.#kept, { type: "text/plain" }))
    Object.assign(document.createElement("a"), { href: url, download: name }).click()
    setTimeout(() => URL.revokeObjectURL(url), 1000)
  }

  close(): void {
    this.#sizes.disconnect()
    this.#terminal.dispose()
  }

  #tellGone({ stdout, stderr }: StreamOffsets): void {
    const bytes = stdout + stderr
    if (bytes > 0) this.#terminal.writeln(`\u001b[2m… ${showBytes(bytes)} are no longer kept …\u001b[22m`)
  }

  /** The next bytes are asked for once the terminal has drawn these, so that a flood waits where it comes from. */
  #take(stream: ProcessHandle["stdout"], isError: boolean) {
    return Stream.runForEach(stream, (bytes) =>
      Effect.callback<void>((resume) => {
        this.#keep(bytes)
        if (isError) this.#terminal.write(red)
        this.#terminal.write(bytes, () => resume(Effect.void))
        if (isError) this.#terminal.write(plain)
      })
    )
  }

  #keep(bytes: Uint8Array): void {
    this.#kept.push(new Uint8Array(bytes))
    this.#keptBytes += bytes.byteLength
    while (this.#keptBytes > MAX_KEPT_BYTES) this.#keptBytes -= this.#kept.shift()!.byteLength
  }
}
