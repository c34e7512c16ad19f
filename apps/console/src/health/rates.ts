import type { Health } from "./shapes.ts"
import { quantile, since } from "./quantile.ts"

/** One moment of a plot. */
export interface Moment {
  readonly at: number
  /** Milliseconds; absent where nothing was measured. */
  readonly loopP50: number | undefined
  readonly loopP99: number | undefined
  readonly launcherP99: number | undefined
  readonly startsPerSecond: number
  readonly bytesPerSecond: number
  readonly denialsPerSecond: number
  readonly live: number
  readonly rssBytes: number
}

/** What went on between two looks. */
export const momentOf = (now: Health, before: Health | undefined): Moment => {
  const { at, bounds, metrics, host } = now
  const seconds = before === undefined ? 0 : (at - before.at) / 1000
  const rate = (count: (health: Health) => number): number =>
    before === undefined || seconds <= 0 ? 0 : Math.max(0, count(now) - count(before)) / seconds
  const late = since(metrics.loopDelay, before?.metrics.loopDelay)
  const launchers = metrics.launchers.map(({ seat, loopDelay }) =>
    since(loopDelay, before?.metrics.launchers.find((other) => other.seat === seat)?.loopDelay)
  )
  const launcherLate = launchers.flatMap((each) => quantile(each, bounds, 0.99) ?? [])
  return {
    at,
    loopP50: toMs(quantile(late, bounds, 0.5)),
    loopP99: toMs(quantile(late, bounds, 0.99)),
    launcherP99: launcherLate.length === 0 ? undefined : toMs(Math.max(...launcherLate)),
    startsPerSecond: rate((health) => health.metrics.starts.started),
    bytesPerSecond: rate(({ metrics: { bytes } }) => bytes.stdin + bytes.stdout + bytes.stderr + bytes.other),
    denialsPerSecond: rate((health) => health.metrics.denials),
    live: metrics.processes.starting + metrics.processes.running,
    rssBytes: host.rssBytes
  }
}

const toMs = (seconds: number | undefined): number | undefined => (seconds === undefined ? undefined : seconds * 1000)
