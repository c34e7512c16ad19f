import * as Schema from "effect/Schema"

/** Highest descriptor that a child can be given a stream at. Higher lets one spawn cost the broker more of its own. */
export const MAX_FD = 63

/** The number of a file descriptor in the child: 0, 1 and 2 are its standard streams. */
export const Fd = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MAX_FD }))
export type Fd = typeof Fd.Type

/** Whether a value is an {@link Fd}, for the byte path. */
export const isFd = (value: unknown): value is Fd =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_FD

/**
 * Which way bytes go through an additional descriptor: into the child, out of it, both, or both as Node's own channel for
 * messages (`process.send` in the child).
 */
export const FdDirection = Schema.Literals(["input", "output", "duplex", "ipc"])
export type FdDirection = typeof FdDirection.Type

/** A descriptor beyond the standard ones. */
export const AdditionalFd = Schema.Struct({
  fd: Schema.Int.check(Schema.isBetween({ minimum: 3, maximum: MAX_FD })),
  direction: FdDirection
})
export type AdditionalFd = typeof AdditionalFd.Type

/** What a stream is called, in errors and options. */
export const streamName = (fd: Fd): string => ["stdin", "stdout", "stderr"][fd] ?? `fd${fd}`
