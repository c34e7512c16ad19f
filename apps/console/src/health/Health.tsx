import { useEffect, useRef, useState } from "react"
import { usePolled } from "../connection/ask-admin.ts"
import { showBytes, showDuration } from "../processes/words.ts"
import { Plot } from "./Plot.tsx"
import { type Moment, momentOf } from "./rates.ts"
import type { Health as Seen } from "./shapes.ts"

const LOOK_MS = 2000
/** Four minutes of them. */
const MAX_MOMENTS = 120

/** How the broker does, now and in the last minutes. */
export const Health = () => {
  const { value, problem } = usePolled<Seen>("/admin/health", LOOK_MS)
  const moments = useMoments(value)
  return (
    // Nothing in it has the focus, and whoever has no mouse is to scroll it, too.
    <section className="admin" aria-labelledby="health" tabIndex={0}>
      <h1 id="health">Broker health</h1>
      <p role="alert" className="problem">
        {problem}
      </p>
      {value === undefined ? (
        <p className="empty">Loading …</p>
      ) : (
        <>
          <Plots moments={moments} />
          <Figures health={value} />
        </>
      )}
    </section>
  )
}

const useMoments = (health: Seen | undefined): ReadonlyArray<Moment> => {
  const [moments, setMoments] = useState<ReadonlyArray<Moment>>([])
  const before = useRef<Seen>(undefined)
  useEffect(() => {
    if (health === undefined) return
    const moment = momentOf(health, before.current)
    before.current = health
    setMoments((last) => [...last, moment].slice(-MAX_MOMENTS))
  }, [health])
  return moments
}

const showMs = (ms: number): string => `≤ ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
const showRate = (rate: number): string => `${rate.toFixed(1)}/s`

const plots: ReadonlyArray<
  readonly [name: string, of: (moment: Moment) => number | undefined, show: (value: number) => string]
> = [
  ["Loop delay, median", ({ loopP50 }) => loopP50, showMs],
  ["Loop delay, p99", ({ loopP99 }) => loopP99, showMs],
  ["Launchers' loop delay, p99", ({ launcherP99 }) => launcherP99, showMs],
  ["Starts", ({ startsPerSecond }) => startsPerSecond, showRate],
  ["Live processes", ({ live }) => live, String],
  ["Throughput", ({ bytesPerSecond }) => bytesPerSecond, (value) => `${showBytes(value)}/s`],
  ["Denials", ({ denialsPerSecond }) => denialsPerSecond, showRate],
  ["Memory of the host", ({ rssBytes }) => rssBytes, showBytes]
]

const Plots = ({ moments }: { readonly moments: ReadonlyArray<Moment> }) => (
  <div className="cards">
    {plots.map(([name, of, show]) => (
      <Plot key={name} name={name} values={moments.map(of)} show={show} />
    ))}
  </div>
)

const Figures = ({ health: { stats, metrics, host } }: { readonly health: Seen }) => {
  const { starts, waiting, lost, windows, restarts } = metrics
  const heldAndLost = (kept: { readonly held: number; readonly lost: number } | undefined): string =>
    kept === undefined ? "none is kept" : `${kept.held} wait, ${kept.lost} lost`
  const figures: ReadonlyArray<readonly [name: string, value: string | number]> = [
    ["Uptime of the host", showDuration(host.uptimeSeconds * 1000)],
    ["Starts by", `${stats.spawner}, ${stats.launchers} launchers`],
    ["Starts", `${starts.started}; ${starts.denied} denied, ${starts.limited} limited, ${starts.failed} failed`],
    ["Clients", metrics.sessions],
    ["Tokens", stats.tokens],
    ["Denials", metrics.denials],
    ["Restarts", `thread ${stats.replaced}, launchers ${restarts.launchers}, daemons ${restarts.daemons}`],
    ["Waits for input", showBytes(waiting.inputBytes)],
    ["Facts that wait", `${waiting.facts}, ${lost.facts} lost`],
    ["Windows", `${showBytes(windows.heldBytes)} of ${showBytes(windows.sizeBytes)}, ${windows.full} full`],
    ["Streams that lost output", metrics.truncated],
    ["Malformed messages", metrics.malformedMessages],
    ["Audit lines", heldAndLost(stats.audit)],
    ["History entries", heldAndLost(stats.history)],
    ["Transforms", `${stats.pool.threads} threads, ${stats.pool.streams} streams, ${stats.pool.waiting} wait`]
  ]
  return (
    <dl className="facts card">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
