import { type DaemonInfo, describeReason, type DaemonState } from "@spawnbroker/client"
import { useState } from "react"
import { useDesk, useFacts } from "../connection/use-desk.ts"
import type { DaemonChange } from "../connection/Desk.ts"
import { ProcessLink } from "../parts/ProcessLink.tsx"
import { type State, StateText } from "../parts/StateText.tsx"
import { showCommand, showDuration } from "../processes/words.ts"

/** Changes of one daemon that are shown. */
const MAX_SHOWN = 50

const tones: Readonly<Record<DaemonState, State["tone"]>> = {
  stopped: "quiet",
  waiting: "quiet",
  starting: "live",
  started: "live",
  healthy: "good",
  unhealthy: "bad",
  backoff: "bad",
  stopping: "quiet",
  completed: "good",
  failed: "bad"
}

export const Daemons = () => {
  const { daemons, daemonChanges, status } = useFacts()
  const [problem, setProblem] = useState("")
  if (daemons === undefined || daemons.length === 0) {
    return (
      <p className="empty">
        {status === "connecting"
          ? "Loading …"
          : daemons === undefined
            ? "Your policy has no daemons."
            : "There are no daemons."}
      </p>
    )
  }
  return (
    <section aria-label="Daemons">
      <p role="alert" className="problem">
        {problem}
      </p>
      <ul className="cards">
        {daemons.map((daemon) => (
          <Daemon
            key={daemon.name}
            daemon={daemon}
            changes={daemonChanges.filter(({ name }) => name === daemon.name).slice(0, MAX_SHOWN)}
            onProblem={setProblem}
          />
        ))}
      </ul>
    </section>
  )
}

interface DaemonProps {
  readonly daemon: DaemonInfo
  readonly changes: ReadonlyArray<DaemonChange>
  readonly onProblem: (problem: string) => void
}

const Daemon = ({ daemon, changes, onProblem }: DaemonProps) => {
  const desk = useDesk()
  const { name, state, replicas } = daemon
  const isStopped = state === "stopped" || state === "completed" || state === "failed"
  const act = (doing: "start" | "stop" | "restart") => (): void =>
    void desk
      .ask((client) => client.daemons[doing](name as never))
      .then(
        () => onProblem(""),
        (cause: Error) => onProblem(cause.message)
      )
  return (
    <li className="card">
      <h2>
        {name} <StateText state={{ text: state, tone: tones[state] }} />
      </h2>
      <p className="mono">{showCommand(daemon)}</p>
      <ul className="plain">
        {replicas.map(({ replica, pid, processId, restarts, reason, since }) => (
          <li key={replica}>
            {replicas.length > 1 && `${replica}: `}
            {pid === undefined ? (
              "not running"
            ) : processId === undefined ? (
              `PID ${pid}`
            ) : (
              <ProcessLink id={processId}>PID {pid}</ProcessLink>
            )}
            {`, for ${showDuration(Math.max(0, Date.now() - since))}`}
            {restarts > 0 && `, ${restarts} restarts`}
            {reason !== undefined && <span className="quiet">, {describeReason(reason)}</span>}
          </li>
        ))}
      </ul>
      <div className="tools">
        {isStopped ? (
          <button type="button" onClick={act("start")}>
            Start
          </button>
        ) : (
          <button type="button" onClick={act("stop")}>
            Stop
          </button>
        )}
        <button type="button" onClick={act("restart")}>
          Restart
        </button>
      </div>
      <Changes changes={changes} hasReplicas={replicas.length > 1} />
    </li>
  )
}

interface ChangesProps {
  readonly changes: ReadonlyArray<DaemonChange>
  readonly hasReplicas: boolean
}

/** Its health and its restarts, as one has seen them. */
const Changes = ({ changes, hasReplicas }: ChangesProps) => (
  <details className="changes">
    <summary>What has become of it since you came ({changes.length})</summary>
    {changes.length === 0 ? (
      <p className="quiet">Nothing.</p>
    ) : (
      <ol className="plain" tabIndex={0} aria-label="Changes, the newest first">
        {changes.map(({ at, seq, from, to, reason, replica }) => (
          <li key={`${at} ${seq}`}>
            <time className="quiet">{new Date(at).toLocaleTimeString()}</time> {hasReplicas && `${replica}: `}
            {from} → <StateText state={{ text: to, tone: tones[to] }} />
            {reason !== undefined && <span className="quiet"> {describeReason(reason)}</span>}
          </li>
        ))}
      </ol>
    )}
  </details>
)
