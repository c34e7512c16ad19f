/**
 * The metrics of a broker, each with what it is read from. Names and units are as Prometheus has them.
 */
import type { Histogram } from "../link/Histogram.ts"
import type { BrokerMetricsSnapshot } from "../Broker.ts"

/** What tells the series of one metric apart. */
type Labels = Readonly<Record<string, string>>

export type Reading =
  | { readonly labels?: Labels; readonly value: number }
  | { readonly labels?: Labels; readonly histogram: Histogram }

export interface MetricRow {
  readonly name: string
  readonly kind: "counter" | "gauge" | "histogram"
  readonly help: string
  readonly unit?: "seconds" | "bytes"
  /** It does not begin at 0 with each thread of the broker. */
  readonly outlastsThread?: true
  readonly read: (metrics: BrokerMetricsSnapshot) => ReadonlyArray<Reading>
}

/** One series for each field. */
const by = (label: string, counts: Readonly<Record<string, number>>): ReadonlyArray<Reading> =>
  Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }))

const one = (value: number): ReadonlyArray<Reading> => [{ value }]

export const metricTable: ReadonlyArray<MetricRow> = [
  {
    name: "spawnbroker_starts_total",
    kind: "counter",
    help: "Starts of processes that were asked for, by what came of them.",
    read: ({ starts }) => by("outcome", starts)
  },
  {
    name: "spawnbroker_start_duration_seconds",
    kind: "histogram",
    help: "Time from the request to the start of a process.",
    unit: "seconds",
    read: ({ startTime }) => [{ histogram: startTime }]
  },
  {
    name: "spawnbroker_processes",
    kind: "gauge",
    help: "Processes, by state. Those that are starting wait for a launcher.",
    read: ({ processes }) => by("state", processes)
  },
  {
    name: "spawnbroker_sessions",
    kind: "gauge",
    help: "Connections of clients.",
    read: ({ sessions }) => one(sessions)
  },
  {
    name: "spawnbroker_denials_total",
    kind: "counter",
    help: "Whatever a rule of a policy has refused, starts among it.",
    read: ({ denials }) => one(denials)
  },
  {
    name: "spawnbroker_stream_bytes_total",
    kind: "counter",
    help: "Bytes that went into and came out of processes, by stream.",
    unit: "bytes",
    read: ({ bytes }) => by("stream", bytes)
  },
  {
    name: "spawnbroker_streams_truncated_total",
    kind: "counter",
    help: "Streams of output that have lost some of it, since nobody read it.",
    read: ({ truncated }) => one(truncated)
  },
  {
    name: "spawnbroker_output_held_bytes",
    kind: "gauge",
    help: "Output that clients have not taken.",
    unit: "bytes",
    read: ({ windows }) => one(windows.heldBytes)
  },
  {
    name: "spawnbroker_output_window_bytes",
    kind: "gauge",
    help: "Output that may be held for clients: the sum of their windows.",
    unit: "bytes",
    read: ({ windows }) => one(windows.sizeBytes)
  },
  {
    name: "spawnbroker_streams_held_up",
    kind: "gauge",
    help: "Streams of output whose process waits for a client.",
    read: ({ windows }) => one(windows.full)
  },
  {
    name: "spawnbroker_input_waiting_bytes",
    kind: "gauge",
    help: "Input that processes have not taken.",
    unit: "bytes",
    read: ({ waiting }) => one(waiting.inputBytes)
  },
  {
    name: "spawnbroker_events_waiting",
    kind: "gauge",
    help: "Facts that are held for subscribers.",
    read: ({ waiting }) => one(waiting.facts)
  },
  {
    name: "spawnbroker_events_lost_total",
    kind: "counter",
    help: "Facts that slow subscribers have lost.",
    read: ({ lost }) => one(lost.facts)
  },
  {
    name: "spawnbroker_audit_lines_waiting",
    kind: "gauge",
    help: "Lines of the audit that wait for the disk.",
    read: ({ waiting }) => one(waiting.auditLines)
  },
  {
    name: "spawnbroker_audit_lines_lost_total",
    kind: "counter",
    help: "Lines of the audit that could not be written.",
    read: ({ lost }) => one(lost.auditLines)
  },
  {
    name: "spawnbroker_malformed_messages_total",
    kind: "counter",
    help: "Messages of clients that could not be decoded.",
    read: ({ malformedMessages }) => one(malformedMessages)
  },
  {
    name: "spawnbroker_worker_restarts_total",
    kind: "counter",
    help: "Threads of the broker that have ended and were followed by another.",
    outlastsThread: true,
    read: ({ replaced }) => one(replaced)
  },
  {
    name: "spawnbroker_launcher_restarts_total",
    kind: "counter",
    help: "Launchers that have died and were followed by another.",
    read: ({ restarts }) => one(restarts.launchers)
  },
  {
    name: "spawnbroker_daemon_restarts_total",
    kind: "counter",
    help: "Daemons that have ended, or could not be started, and are started again.",
    read: ({ restarts }) => one(restarts.daemons)
  },
  {
    name: "spawnbroker_loop_delay_seconds",
    kind: "histogram",
    help: "How late the loop of the broker's thread is, taken ten times a second.",
    unit: "seconds",
    read: ({ loopDelay }) => [{ histogram: loopDelay }]
  },
  {
    name: "spawnbroker_launcher_loop_delay_seconds",
    kind: "histogram",
    help: "How late the loop of a launcher is, taken ten times a second. It begins at 0 with each launcher.",
    unit: "seconds",
    read: ({ launchers }) =>
      launchers.map(({ seat, loopDelay }) => ({ labels: { launcher: String(seat) }, histogram: loopDelay }))
  }
]
