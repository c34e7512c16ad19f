/** One moment, on the clock on the wall and on the monotonic one of this machine, in milliseconds. */
export interface ClockStart {
  readonly wall: number
  readonly monotonic: number
}

/** The same for all threads of a process. */
export const monotonicNow = (): number => Number(process.hrtime.bigint()) / 1e6

export const clockStartsNow = (): ClockStart => ({ wall: Date.now(), monotonic: monotonicNow() })
