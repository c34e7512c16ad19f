import type { ProcessHandle, ProcessInfo } from "@spawnbroker/client"
import { useEffect, useRef, useState } from "react"
import { useDesk, useLoads } from "../connection/use-desk.ts"
import { useMayEnd } from "../connection/use-may-end.ts"
import { goTo } from "../connection/use-place.ts"
import { isRunning, showBytes, showCommand, showDuration, showShare, showState, showTime } from "../processes/words.ts"
import { startAgain } from "../start/start-again.ts"
import { StateText } from "../parts/StateText.tsx"
import { FactList } from "./FactList.tsx"
import { InputLine } from "./InputLine.tsx"
import { messageOf } from "./message-of.ts"
import { initialState, Screen } from "./Screen.ts"
import { ScreenTools } from "./ScreenTools.tsx"
import { SignalMenu } from "./SignalMenu.tsx"

/** A process that runs, or that the broker still knows. */
export const KnownProcess = ({ process }: { readonly process: ProcessInfo }) => {
  const desk = useDesk()
  const { id } = process
  const element = useRef<HTMLDivElement>(null)
  const screen = useRef<Screen>(undefined)
  const handle = useRef<ProcessHandle>(undefined)
  const [screenState, setScreenState] = useState(initialState)
  const [problem, setProblem] = useState("")
  useEffect(() => {
    const made = (screen.current = new Screen(element.current!, setScreenState))
    const leaving = new AbortController()
    desk
      .ask((client) => made.show(client, id, (attached) => (handle.current = attached)), leaving.signal)
      .catch((cause: unknown) => leaving.signal.aborted || setProblem(messageOf(cause)))
    return () => {
      leaving.abort()
      made.close()
    }
  }, [desk, id])
  const act = (doing: Promise<unknown>): void =>
    void doing.then(
      () => setProblem(""),
      (cause) => setProblem(messageOf(cause))
    )
  const isLive = isRunning(process)
  const mayEnd = useMayEnd()(process)
  return (
    <article className="process">
      <h1>{showCommand(process)}</h1>
      <KnownFacts process={process} />
      <div className="tools">
        {isLive && mayEnd && (
          <>
            <SignalMenu onSend={(signal) => act(desk.ask((client) => client.kill({ id }, { signal })))} />
            <button type="button" onClick={() => act(desk.ask((client) => client.stop({ id })))}>
              Stop
            </button>
          </>
        )}
        <button
          type="button"
          title="The same command in the same directory, with the variables that your policy gives"
          onClick={() => act(startAgain(desk, process).then((next) => goTo("process", next)))}
        >
          {isLive ? "Restart" : "Start again"}
        </button>
        <a className="button" href={`#/new/${encodeURIComponent(id)}`}>
          Change and run …
        </a>
      </div>
      <p role="alert" className="problem">
        {problem}
      </p>
      <ScreenTools screen={screen} state={screenState} name={id} isLive={isLive} />
      <div className="output" ref={element} role="region" aria-label="Output" />
      {isLive && mayEnd && (
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

const KnownFacts = ({ process }: { readonly process: ProcessInfo }) => {
  const load = useLoads().get(process.id)
  return (
    <FactList
      facts={[
        ["State", <StateText state={showState(process)} />],
        ["PID", process.pid ?? "none"],
        ["Who", process.subject],
        ["Started", showTime(process.startedAt)],
        ["Ended", process.exitedAt === undefined ? undefined : showTime(process.exitedAt)],
        ["Ran for", showDuration(process.elapsedMs)],
        ["CPU", load?.processors === undefined ? undefined : showShare(load.processors)],
        ["Memory", load && showBytes(load.residentBytes)],
        ["Over its limit of", process.limit],
        [
          "stdin, stdout, stderr",
          [process.bytes.stdin, process.bytes.stdout, process.bytes.stderr].map(showBytes).join(", ")
        ],
        ["Directory", process.cwd]
      ]}
    />
  )
}
