import type { ProcessId } from "@spawnbroker/client"
import { useFacts } from "../connection/use-desk.ts"
import { KnownProcess } from "./KnownProcess.tsx"
import { PastProcess } from "./PastProcess.tsx"

/** A process: as the broker knows it, or, once it has let go of it, as the history does. */
export const ProcessView = ({ id }: { readonly id: string }) => {
  const { processes, status } = useFacts()
  const process = processes.find((each) => each.id === id)
  if (process !== undefined) return <KnownProcess process={process} />
  if (status === "connecting") return <p className="empty">Loading …</p>
  return <PastProcess id={id as ProcessId} />
}
