/** What the worker counts up while its loop turns, for the host to see. One number, in shared memory. */
export type Heartbeat = Int32Array<SharedArrayBuffer>

export const makeHeartbeat = (): Heartbeat => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** Between two beats. Lower: a hang can be told from a pause sooner. Higher: fewer wake-ups of an idle thread. */
export const BEAT_MS = 100
