/** The work that both hosts do: bursts of short commands, and some that write much. */

export interface Command {
  readonly command: string
  readonly args: ReadonlyArray<string>
}

/** How many commands are asked for at once. */
const BURST = 200
const BURSTS = 2
const FLOODS = 4
const FLOOD_BYTES = 64 * 1024 * 1024

const short: Command = { command: "true", args: [] }
const flood: Command = { command: "head", args: ["-c", String(FLOOD_BYTES), "/dev/zero"] }

/** Each burst is begun when the one before has ended. The last one is of those that write much. */
export const bursts: ReadonlyArray<ReadonlyArray<Command>> = [
  ...Array.from({ length: BURSTS }, () => Array.from({ length: BURST }, () => short)),
  Array.from({ length: FLOODS }, () => flood)
]

export const SPAWNS = BURST * BURSTS + FLOODS
export const OUTPUT_BYTES = FLOODS * FLOOD_BYTES
