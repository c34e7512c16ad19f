import type { HistoryOutput, HistoryRecord, ProcessId } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { useEffect, useRef, useState } from "react"
import { useDesk } from "../connection/use-desk.ts"
import { showRecordState } from "../history/record-words.ts"
import { showBytes, showCommand, showDuration, showTime } from "../processes/words.ts"
import { StateText } from "../parts/StateText.tsx"
import { FactList } from "./FactList.tsx"
import { messageOf } from "./message-of.ts"
import { initialState, Screen } from "./Screen.ts"
import { ScreenTools } from "./ScreenTools.tsx"

interface Past {
  readonly record: HistoryRecord
  readonly outputs: ReadonlyArray<HistoryOutput>
}

type Found = Past | "asking" | "nowhere" | { readonly problem: string }

/** A process that the broker has let go of, or that ran under one before it: what the history has of it. */
export const PastProcess = ({ id }: { readonly id: ProcessId }) => {
  const desk = useDesk()
  const [found, setFound] = useState<Found>("asking")
  useEffect(() => {
    const leaving = new AbortController()
    desk
      .ask((client) => {
        const record = Stream.runHead(client.history({ id }))
        const outputs = Effect.catchTag(client.historyOutput(id), "ProcessNotFound", () => Effect.succeed([]))
        return Effect.all([record, outputs])
      }, leaving.signal)
      .then(
        ([record, outputs]) => setFound(Option.isNone(record) ? "nowhere" : { record: record.value, outputs }),
        (cause: unknown) => leaving.signal.aborted || setFound({ problem: messageOf(cause) })
      )
    return () => leaving.abort()
  }, [desk, id])
  if (found === "asking") return <p className="empty">Loading …</p>
  if (found === "nowhere" || "problem" in found) {
    return (
      <div className="empty">
        <p>There is no such process, or it is too long ago, or you may not see it.</p>
        {typeof found === "object" && <p>{found.problem}</p>}
      </div>
    )
  }
  return <PastView {...found} />
}

const PastView = ({ record, outputs }: Past) => {
  const element = useRef<HTMLDivElement>(null)
  const screen = useRef<Screen>(undefined)
  const [screenState, setScreenState] = useState(initialState)
  useEffect(() => {
    if (outputs.length === 0) return undefined
    const made = (screen.current = new Screen(element.current!, setScreenState))
    for (const { fd, bytes, omitted } of outputs) made.showPast(fd === 2 ? "stderr" : "stdout", bytes, omitted)
    return () => made.close()
  }, [outputs])
  return (
    <article className="process">
      <h1>{showCommand(record)}</h1>
      <PastFacts record={record} />
      {outputs.length === 0 ? (
        <p className="empty">Nothing is kept of its output.</p>
      ) : (
        <>
          <ScreenTools screen={screen} state={screenState} name={record.id} isLive={false} />
          <div className="output" ref={element} role="region" aria-label="Output" />
        </>
      )}
    </article>
  )
}

const PastFacts = ({ record }: { readonly record: HistoryRecord }) => {
  const { bytes, durationMs, exitedAt, cpuMs, peakRssBytes } = record
  return (
    <FactList
      facts={[
        ["State", <StateText state={showRecordState(record)} />],
        ["PID", record.pid],
        ["Who", record.subject],
        ["Started", showTime(record.startedAt)],
        ["Ended", exitedAt === undefined ? undefined : showTime(exitedAt)],
        ["Ran for", durationMs === undefined ? undefined : showDuration(durationMs)],
        ["Processor time", cpuMs === undefined ? undefined : showDuration(cpuMs)],
        ["Most memory", peakRssBytes === undefined ? undefined : showBytes(peakRssBytes)],
        ["Over its limit of", record.limit],
        ["stdin, stdout, stderr", bytes && [bytes.stdin, bytes.stdout, bytes.stderr].map(showBytes).join(", ")],
        ["Directory", record.cwd],
        ["Allowed by", record.rule],
        ["From", "the history"]
      ]}
    />
  )
}
