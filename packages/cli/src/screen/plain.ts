/** Lines for files, pipes and terminals that cannot draw: what daemons put out, each behind its name. */
import type { DaemonInfo } from "@spawnbroker/protocol"
import { describeReason } from "@spawnbroker/protocol"
import { replicaName } from "./describe.ts"
import { harmless, NameStyles, type Paint, plain, stateStyles } from "./paint.ts"
import type { Screen } from "./Screen.ts"

/** What the project itself says stands behind this. */
const OWN_NAME = "spawnbroker"

export const plainScreen = (paint: Paint, names: ReadonlyArray<string>, write: (text: string) => void): Screen => {
  const prefix = makePrefix(paint, [OWN_NAME, ...names])
  const states = new Map<string, string>()
  const note = (text: string): void => write(`${prefix(OWN_NAME)}${text}\n`)
  const changed = (info: DaemonInfo): void => {
    for (const { replica, state, reason, pid } of info.replicas) {
      const name = replicaName(info, replica)
      if (states.get(name) === state) continue
      states.set(name, state)
      const details = [
        ...(pid === undefined ? [] : [`PID ${pid}`]),
        ...(reason === undefined ? [] : [harmless(describeReason(reason), plain)])
      ]
      note(`${name} is ${paint(state, stateStyles[state])}${details.length === 0 ? "" : `: ${details.join(", ")}`}`)
    }
  }
  return {
    line: (name, { text }) => write(`${prefix(name)}${harmless(text, paint)}\n`),
    changed,
    note,
    close: () => {}
  }
}

/** The name of whoever has written a line, as wide as the longest, in a colour of its own. */
export const makePrefix = (paint: Paint, names: ReadonlyArray<string>): ((name: string) => string) => {
  const styles = new NameStyles()
  for (const name of names) if (name !== OWN_NAME) styles.of(name)
  const width = Math.max(0, ...names.map((name) => name.length))
  return (name) => paint(`${name.padEnd(width)} | `, name === OWN_NAME ? "dim" : styles.of(name))
}
