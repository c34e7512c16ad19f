import { EventEmitter } from "node:events"
import { parentPort } from "node:worker_threads"
import type { IpcMessage } from "./ipc-messages.ts"
import { MessagePort } from "./MessagePort.ts"

export interface IpcRendererEvent {
  readonly ports: ReadonlyArray<MessagePort>
}

/** A window's end of Electron's own messages: `on(channel, (event, message) => …)`, with `event.ports`. */
class IpcRenderer extends EventEmitter {
  constructor() {
    super()
    parentPort?.on("message", (message: IpcMessage) => {
      if (message._tag !== "Message") return
      const event: IpcRendererEvent = { ports: message.ports.map((port) => new MessagePort(port)) }
      this.emit(message.channel, event, ...message.args)
    })
  }

  send(channel: string, ...args: ReadonlyArray<unknown>): void {
    parentPort?.postMessage({ _tag: "Message", channel, args, ports: [] } satisfies IpcMessage)
  }
}

export const ipcRenderer = new IpcRenderer()
