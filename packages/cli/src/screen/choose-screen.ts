import { jsonScreen } from "./json.ts"
import { liveScreen, type Terminal } from "./live.ts"
import { choosePaint } from "./paint.ts"
import { plainScreen } from "./plain.ts"
import type { Screen } from "./Screen.ts"

/** Below this there is no room for a table and what is above it. */
const MIN_COLUMNS = 40
const MIN_ROWS = 10

/** Lines of JSON if that is asked for; a table where one can be drawn; else lines. */
export const chooseScreen = (
  out: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
  names: ReadonlyArray<string>,
  isJson: boolean
): Screen => {
  if (isJson) return jsonScreen((text) => void out.write(text))
  const paint = choosePaint(out, env)
  const canDraw = out.isTTY && env["TERM"] !== "dumb" && (env["CI"] ?? "") === ""
  if (canDraw && out.columns >= MIN_COLUMNS && out.rows >= MIN_ROWS) {
    return liveScreen(out as unknown as Terminal, paint, names)
  }
  return plainScreen(paint, names, (text) => void out.write(text))
}
