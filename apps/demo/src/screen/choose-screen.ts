import type { Screen } from "./Screen.ts"
import { plainScreen } from "./plain.ts"

/** Below this there is no room for a table. */
const MIN_COLUMNS = 60
const MIN_ROWS = 14

/** Whether a live picture can and may be drawn: a terminal, and nobody who asks for plain text. */
export const canDraw = (out: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean =>
  out.isTTY &&
  !isSet(env.NO_COLOR) &&
  !isSet(env.CI) &&
  env.TERM !== "dumb" &&
  out.columns >= MIN_COLUMNS &&
  out.rows >= MIN_ROWS

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ""

/** The library that draws is loaded only where it is used: it takes a good part of a second. */
export const chooseScreen = async (): Promise<Screen> =>
  canDraw(process.stdout, process.env) ? (await import("./live.ts")).liveScreen : plainScreen
