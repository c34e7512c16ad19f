import { createContext, useContext, useEffect, useSyncExternalStore } from "react"
import type { ProcessId } from "@spawnbroker/client"
import type { Desk, Facts } from "./Desk.ts"
import type { Load } from "./Loads.ts"

export const DeskContext = createContext<Desk | undefined>(undefined)

export const useDesk = (): Desk => useContext(DeskContext)!

export const useFacts = (): Facts => {
  const desk = useDesk()
  return useSyncExternalStore(desk.subscribe, desk.facts)
}

/** What processes use, which is looked at for as long as somebody wants to know. */
export const useLoads = (): ReadonlyMap<ProcessId, Load> => {
  const desk = useDesk()
  useEffect(() => desk.watchLoads(), [desk])
  return useFacts().loads
}
