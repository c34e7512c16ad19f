/** A transform that is part of the broker. Its state is its own, and no step of it takes long or much, whatever comes. */
export interface BuiltInTransform {
  /** Takes bytes, which are there during the step only. Throws `InputError` for what it cannot take. */
  readonly step: (bytes: Uint8Array) => void | Promise<void>
  /** Nothing follows. */
  readonly end: () => void | Promise<void>
  /** There is more to come of what it has been given. It is asked with a step of no bytes. */
  readonly hasMore?: () => boolean
  /** It is needed no more. */
  readonly close?: () => void
}

/** Takes what a transform makes. The bytes are the taker's from then on. */
export type Emit = (bytes: Uint8Array<ArrayBuffer>) => void

export type MakeBuiltIn = (emit: Emit, options: any) => BuiltInTransform
