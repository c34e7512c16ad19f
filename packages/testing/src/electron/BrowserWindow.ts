import { EventEmitter, once } from "node:events"
import { Worker } from "node:worker_threads"
import type { IpcMessage } from "./ipc-messages.ts"
import { MessagePortMain } from "./MessagePortMain.ts"

const renderer = new URL("./renderer.ts", import.meta.url)

/** A window whose page is a script, run in a thread of its own that stands for the renderer. */
export class BrowserWindow {
  readonly webContents = new WebContents()

  /** Resolves once the page is loaded. */
  loadFile(page: string): Promise<void> {
    return this.webContents.load(page)
  }

  close(): Promise<void> {
    return this.webContents.end()
  }
}

/**
 * The main process's hold on a page. Events: `did-finish-load`, also after a reload; `render-process-gone` for a crash.
 */
export class WebContents extends EventEmitter {
  /** What the page sends with `ipcRenderer.send`: `on(channel, (event, …args) => …)`. */
  readonly ipc = new EventEmitter()
  #page = ""
  #thread: Worker | undefined

  /** Takes ports, and nothing else, in its transfer list. They arrive as `event.ports`. */
  postMessage(channel: string, message: unknown, transfer: ReadonlyArray<unknown> = []): void {
    const ports = MessagePortMain.pipesOf(transfer).map((pipe) => pipe.neuter()!)
    this.#thread?.postMessage({ _tag: "Message", channel, args: [message], ports } satisfies IpcMessage, ports)
  }

  /** The page's document goes, with its ports, and a new one is loaded. */
  async reload(): Promise<void> {
    await this.end()
    await this.load(this.#page)
  }

  forcefullyCrashRenderer(): void {
    void this.end().then(() => this.emit("render-process-gone", {}, { reason: "crashed", exitCode: 1 }))
  }

  async load(page: string): Promise<void> {
    this.#page = page
    const thread = new Worker(renderer, { workerData: { page } })
    this.#thread = thread
    thread.on("message", (message: IpcMessage) => {
      if (message._tag === "Loaded") this.emit("did-finish-load")
      else this.ipc.emit(message.channel, {}, ...message.args)
    })
    await once(this, "did-finish-load")
  }

  async end(): Promise<void> {
    await this.#thread?.terminate()
    this.#thread = undefined
  }
}
