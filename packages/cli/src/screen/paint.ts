/** Colours, where they are wanted, and text that leaves a terminal alone. */
import type { DaemonState } from "@spawnbroker/protocol"

type Style = readonly [on: number, off: number]

const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39]
} as const satisfies Record<string, Style>
export type StyleName = keyof typeof styles

export type Paint = (text: string, style: StyleName) => string

export const colored: Paint = (text, style) => `\u001b[${styles[style][0]}m${text}\u001b[${styles[style][1]}m`
export const plain: Paint = (text) => text

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ""

/** See https://no-color.org and https://force-color.org. */
export const choosePaint = (out: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint => {
  if (isSet(env["NO_COLOR"])) return plain
  if (isSet(env["FORCE_COLOR"])) return env["FORCE_COLOR"] === "0" ? plain : colored
  return out.isTTY === true && env["TERM"] !== "dumb" ? colored : plain
}

export const stateStyles: { readonly [S in DaemonState]: StyleName } = {
  stopped: "dim",
  waiting: "yellow",
  starting: "yellow",
  started: "cyan",
  healthy: "green",
  unhealthy: "red",
  backoff: "yellow",
  stopping: "yellow",
  completed: "dim",
  failed: "red"
}

const daemonStyles: ReadonlyArray<StyleName> = ["cyan", "magenta", "blue", "green", "yellow"]

/** One style for each name, in the order in which they come. */
export class NameStyles {
  readonly #styles = new Map<string, StyleName>()

  of(name: string): StyleName {
    const style = this.#styles.get(name) ?? daemonStyles[this.#styles.size % daemonStyles.length]!
    this.#styles.set(name, style)
    return style
  }
}

/** Colours; and all that is no character to be seen. */
const notForTerminals =
  // oxlint-disable-next-line no-control-regex
  /\u001b\[[0-9;]*m|[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * A line of somebody else's, without what would move the cursor, change the title or answer for the keyboard: of control
 * sequences only colours are left, and those only where they are wanted.
 */
export const harmless = (line: string, paint: Paint): string => {
  const isColored = paint === colored && line.includes("\u001b[")
  const clean = line.replaceAll(notForTerminals, (found) =>
    paint === colored && found.endsWith("m") && found.length > 2 ? found : ""
  )
  return isColored ? `${clean}\u001b[0m` : clean
}
