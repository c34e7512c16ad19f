/** Memory that the host holds as a grown application does, touched and kept. */
interface Ballast {
  readonly heapBytes: number
  readonly bufferBytes: number
}

const GB = 1024 ** 3

/**
 * Heap and buffers are different things to a fork. Node asks the kernel to leave the pages of V8's heap out of its children
 * (MADV_DONTFORK, since Node 20), but not those of buffers, nor anything else that lies outside of the heap.
 */
export const ballasts = {
  "small heap": { heapBytes: 0, bufferBytes: 0 },
  "1 GB heap": { heapBytes: GB, bufferBytes: 0 },
  "2 GB heap": { heapBytes: 2 * GB, bufferBytes: 0 },
  "4 GB heap": { heapBytes: 4 * GB, bufferBytes: 0 },
  "1 GB buffers": { heapBytes: 0, bufferBytes: GB },
  "4 GB buffers": { heapBytes: 0, bufferBytes: 4 * GB }
} as const satisfies Readonly<Record<string, Ballast>>

export type BallastName = keyof typeof ballasts

/** Of 64 KiB: small enough for V8's ordinary old space, which an application of many small objects fills. */
const ARRAY_LENGTH = 8192
const BUFFER_BYTES = 1024 ** 2

export const makeBallast = (name: BallastName): ReadonlyArray<unknown> => {
  const { heapBytes, bufferBytes } = ballasts[name]
  const kept: Array<unknown> = []
  for (let held = 0; held < heapBytes; held += ARRAY_LENGTH * 8) kept.push(Array<number>(ARRAY_LENGTH).fill(held))
  for (let held = 0; held < bufferBytes; held += BUFFER_BYTES) kept.push(new Uint8Array(BUFFER_BYTES).fill(1))
  return kept
}
