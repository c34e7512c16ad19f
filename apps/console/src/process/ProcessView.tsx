import { type ProcessHandle, type ProcessId, type ProcessInfo, type Signal } from "@spawnbroker/client"
import { useEffect, useRef, useState } from "react"
import { useDesk, useFacts } from "../connection/use-desk.ts"
import { isRunning, showBytes, showCommand, showDuration, showState } from "../processes/words.ts"
import { Screen } from "./Screen.ts"

const offered: ReadonlyArray<Signal> = [
  "SIGTERM",
  "SIGINT",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGSTOP",
  "SIGCONT",
  "SIGKILL"
]

export const ProcessView = ({ id }: { readonly id: string }) => {
  const desk = useDesk()
  const { processes, status } = useFacts()
  const process = processes.find((each) => each.id === id)
  const element = useRef<HTMLDivElement>(null)
  const screen = useRef<Screen>(undefined)
  const handle = useRef<ProcessHandle>(undefined)
  const [problem, setProblem] = useState("")
  const isThere = process !== undefined
  useEffect(() => {
    if (!isThere || element.current === null) return undefined
    const made = (screen.current = new Screen(element.current))
    const leaving = new AbortController()
    desk
      .ask((client) => made.show(client, id as ProcessId, (attached) => (handle.current = attached)), leaving.signal)
      .catch((cause: unknown) => leaving.signal.aborted || setProblem(messageOf(cause)))
    return () => {
      leaving.abort()
      made.close()
    }
  }, [desk, id, isThere])
  if (process === undefined) {
    return (
      <p className="empty">
        {status === "connecting"
          ? "Loading …"
          : "There is no such process, or it is too long ago, or you may not see it."}
      </p>
    )
  }
  const act = (doing: Promise<unknown>): void =>
    void doing.then(
      () => setProblem(""),
      (cause) => setProblem(messageOf(cause))
    )
  return (
    <article className="process">
      <Facts process={process} />
      <div className="tools">
        {isRunning(process) && (
          <>
            <SignalMenu onSend={(signal) => act(desk.ask((client) => client.kill({ id: process.id }, { signal })))} />
            <button type="button" onClick={() => act(desk.ask((client) => client.stop({ id: process.id })))}>
              Stop
            </button>
          </>
        )}
        <button type="button" onClick={() => screen.current?.save(`${process.id}.txt`)}>
          Save output
        </button>
        <a className="button" href={`#/new/${encodeURIComponent(process.id)}`}>
          Run again …
        </a>
      </div>
      <p role="alert" className="problem">
        {problem}
      </p>
      <div className="output" ref={element} role="region" aria-label="Output" />
      {isRunning(process) && (
        <InputLine
          onLine={(line) => {
            const attached = handle.current
            if (attached !== undefined) act(desk.ask(() => attached.write(`${line}\n`)))
          }}
        />
      )}
    </article>
  )
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const Facts = ({ process }: { readonly process: ProcessInfo }) => {
  const { text, tone } = showState(process)
  return (
    <>
      <h1>{showCommand(process)}</h1>
      <dl className="facts">
        <div>
          <dt>State</dt>
          <dd>
            <span className="state" data-tone={tone}>
              {text}
            </span>
          </dd>
        </div>
        <div>
          <dt>PID</dt>
          <dd>{process.pid ?? "none"}</dd>
        </div>
        <div>
          <dt>Who</dt>
          <dd>{process.subject}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd>{new Date(process.startedAt).toLocaleString()}</dd>
        </div>
        <div>
          <dt>Ran for</dt>
          <dd>{showDuration(process.elapsedMs)}</dd>
        </div>
        <div>
          <dt>Output, errors</dt>
          <dd>
            {showBytes(process.bytes.stdout)}, {showBytes(process.bytes.stderr)}
          </dd>
        </div>
        <div>
          <dt>Directory</dt>
          <dd>{process.cwd}</dd>
        </div>
      </dl>
    </>
  )
}

const SignalMenu = ({ onSend }: { readonly onSend: (signal: Signal) => void }) => {
  const [signal, setSignal] = useState<Signal>("SIGTERM")
  return (
    <span className="joined">
      <select aria-label="Signal" value={signal} onChange={(event) => setSignal(event.target.value as Signal)}>
        {offered.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <button type="button" onClick={() => onSend(signal)}>
        Send
      </button>
    </span>
  )
}

const InputLine = ({ onLine }: { readonly onLine: (line: string) => void }) => {
  const [line, setLine] = useState("")
  return (
    <form
      className="tools"
      onSubmit={(event) => {
        event.preventDefault()
        onLine(line)
        setLine("")
      }}
    >
      <input
        aria-label="A line for its input"
        placeholder="A line for its input"
        value={line}
        onChange={(event) => setLine(event.target.value)}
      />
      <button>Send line</button>
    </form>
  )
}
