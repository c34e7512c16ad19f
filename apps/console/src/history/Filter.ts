/** What one looks for in the history, as the fields of the form have it. */
import type { HistoryQuery } from "@spawnbroker/client"

export interface Filter {
  readonly text: string
  readonly command: string
  readonly subject: string
  readonly outcome: "any" | "success" | "failure" | "running" | "lost"
  /** Hours back from now; as the select has it. Empty: any time. */
  readonly hours: string
  readonly output: string
  readonly isExpression: boolean
}

export const noFilter: Filter = {
  text: "",
  command: "",
  subject: "",
  outcome: "any",
  hours: "",
  output: "",
  isExpression: false
}

export const queryOf = (filter: Filter, now: number): HistoryQuery => {
  const { text, command, subject, outcome, hours, output, isExpression } = filter
  return {
    ...(text !== "" && { text }),
    ...(command !== "" && { command }),
    ...(subject !== "" && { subject }),
    ...((outcome === "success" || outcome === "failure") && { exit: outcome }),
    ...((outcome === "running" || outcome === "lost") && { states: [outcome] }),
    ...(hours !== "" && { since: now - Number(hours) * 3_600_000 }),
    ...(output !== "" && { output: isExpression ? { matches: output } : { contains: output, ignoreCase: true } })
  }
}
