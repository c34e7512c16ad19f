/** What the broker's thread and a thread of its pool say to each other, on a port of their own. One answer to each request. */
import type { MessagePort } from "node:worker_threads"

/** What a thread of the pool is given when it takes its seat. */
export interface SeatStart {
  readonly port: MessagePort
}

/** What a transform is told. */
export type TransformOptions = Readonly<Record<string, unknown>>

/** The bytes of a step, at the beginning of a buffer that is the thread's until it answers. */
export interface StepInput {
  readonly room: Uint8Array<ArrayBuffer>
  readonly length: number
  /** Nothing follows. */
  readonly isLast: boolean
}

export type PoolRequest =
  /** A step of a transform that is built in. Its state stays in the thread, under the number of its stream. */
  | {
      readonly _tag: "Step"
      readonly stream: number
      readonly builtIn: string
      readonly options: TransformOptions
      readonly input: StepInput
    }
  /** The stream has gone, and with it the state. Not answered. */
  | { readonly _tag: "Forget"; readonly stream: number }
  /** A step of one of the host's own. Its state comes with it and goes back, so that any thread can do it. */
  | {
      readonly _tag: "OwnStep"
      readonly module: string
      readonly options: TransformOptions
      readonly state: Uint8Array<ArrayBuffer> | undefined
      readonly input: StepInput
    }
  /** Something that may take for ever. */
  | { readonly _tag: "Task"; readonly module: string; readonly payload: unknown }

/** Why a step did not work. `input`: what it was given is not what it takes. */
export interface StepFailure {
  readonly reason: "input" | "threw" | "bloated"
  readonly problem: string
}

export type PoolAnswer =
  /** The thread has loaded its code. */
  | { readonly _tag: "Ready"; readonly threadId: number }
  | {
      readonly _tag: "Stepped"
      /** What was made. */
      readonly results: ReadonlyArray<Uint8Array<ArrayBuffer>>
      /** There is more to come of what it has been given already. */
      readonly hasMore: boolean
      readonly state: Uint8Array<ArrayBuffer> | undefined
      readonly failure: StepFailure | undefined
      /** Given back, to be filled again. */
      readonly room: Uint8Array<ArrayBuffer>
    }
  | { readonly _tag: "Done"; readonly result: unknown }
  | { readonly _tag: "Failed"; readonly failure: StepFailure }
