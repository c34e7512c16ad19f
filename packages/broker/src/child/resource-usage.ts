/**
 * What wait4(2) tells of a child that it has reaped: struct rusage, as 64-bit Linux has it.
 *
 * | offset | what |
 * |---|---|
 * | 0 | user time: seconds, then microseconds, 8 bytes each |
 * | 16 | system time, the same |
 * | 32 | the most resident memory, in KiB |
 *
 * Until a child has called exec its memory is that of whoever started it, and the kernel counts that as the child's own. So
 * its peak is known only where it is over ours.
 */
import type { Usage } from "./start-child.ts"

/** More than it has: 144 bytes. */
export const RUSAGE_BYTES = 512

/** What the count of pages may be off, since each thread has its own for a while. */
const MARGIN_KIB = 1024

export const readUsage = (usage: Buffer): Usage => {
  const cpuMs = millisAt(usage, 0) + millisAt(usage, 16)
  const peakKib = Number(usage.readBigInt64LE(32))
  return isTheirs(peakKib) ? { cpuMs, peakRssBytes: peakKib * 1024 } : { cpuMs }
}

const millisAt = (usage: Buffer, offset: number): number =>
  Number(usage.readBigInt64LE(offset)) * 1000 + Number(usage.readBigInt64LE(offset + 8)) / 1000

/** Our own peak, as far as it is known. It never sinks. */
let ownKib = 0

const isTheirs = (peakKib: number): boolean => {
  if (peakKib <= ownKib + MARGIN_KIB) return false
  ownKib = process.resourceUsage().maxRSS
  return peakKib > ownKib + MARGIN_KIB
}
