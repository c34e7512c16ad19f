import type { ProcessInfo } from "@spawnbroker/client"
import { createContext, useContext } from "react"
import type { Session } from "./Session.ts"

export const SessionContext = createContext<Session | undefined>(undefined)

/** Whether one may end a process, or give it input: one's own, those of tokens derived from one's own, or everybody's. */
export const useMayEnd = (): ((process: ProcessInfo) => boolean) => {
  const session = useContext(SessionContext)
  return ({ subject }) =>
    session?.kill === "all" || subject === session?.subject || subject.startsWith(`${session?.subject}/`)
}
