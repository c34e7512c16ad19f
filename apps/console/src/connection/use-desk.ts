import { createContext, useContext, useSyncExternalStore } from "react"
import type { Desk, Facts } from "./Desk.ts"

export const DeskContext = createContext<Desk | undefined>(undefined)

export const useDesk = (): Desk => useContext(DeskContext)!

export const useFacts = (): Facts => {
  const desk = useDesk()
  return useSyncExternalStore(desk.subscribe, desk.facts)
}
