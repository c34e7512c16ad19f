import type { HistoryRecord } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { useEffect, useRef, useState } from "react"
import { useDesk, useFacts } from "../connection/use-desk.ts"
import { messageOf } from "../process/message-of.ts"
import { type Filter, queryOf } from "./Filter.ts"

/** After the last key, before the broker is asked. */
const PAUSE_MS = 250
/** Records that are there before one has to ask for more. A search in outputs gives few at a time. */
const PAGE = 100

export interface Records {
  readonly records: ReadonlyArray<HistoryRecord>
  /** `resting`: there may be more, and it is asked for when one wants it. */
  readonly progress: "reading" | "resting" | "done"
  readonly problem: string
}

const none: Records = { records: [], progress: "reading", problem: "" }

/** What fits, the youngest first, page by page. `refreshes`: another number reads anew. */
export const useRecords = (filter: Filter, refreshes: number): Records & { readonly more: () => void } => {
  const desk = useDesk()
  const isConnecting = useFacts().status === "connecting"
  const [found, setFound] = useState(none)
  const goOn = useRef(() => {})
  useEffect(() => {
    if (isConnecting) return undefined
    const outdated = new AbortController()
    let missing = PAGE
    const take = (page: ReadonlyArray<HistoryRecord>) =>
      Effect.callback<void>((resume) => {
        missing -= page.length
        const rests = missing <= 0
        setFound(({ records }) => ({
          records: [...records, ...page],
          progress: rests ? "resting" : "reading",
          problem: ""
        }))
        goOn.current = () => {
          missing = PAGE
          setFound((before) => ({ ...before, progress: "reading" }))
          resume(Effect.void)
        }
        if (!rests) resume(Effect.void)
      })
    const timer = setTimeout(() => {
      setFound(none)
      desk
        .ask((client) => Stream.runForEachArray(client.history(queryOf(filter, Date.now())), take), outdated.signal)
        .then(
          () => setFound((before) => ({ ...before, progress: "done" })),
          (cause: unknown) =>
            outdated.signal.aborted ||
            setFound((before) => ({ ...before, progress: "done", problem: messageOf(cause) }))
        )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      outdated.abort()
    }
  }, [desk, filter, refreshes, isConnecting])
  return { ...found, more: () => goOn.current() }
}
