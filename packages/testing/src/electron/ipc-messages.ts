import type { MessagePort } from "node:worker_threads"

/** What passes between a window's thread and the main one. */
export type IpcMessage =
  | {
      readonly _tag: "Message"
      readonly channel: string
      readonly args: ReadonlyArray<any>
      readonly ports: ReadonlyArray<MessagePort>
    }
  | { readonly _tag: "Loaded" }
