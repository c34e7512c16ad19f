import { homedir } from "node:os"
import { join } from "node:path"

/** Where a user's history is unless something else is said. See the XDG Base Directory Specification. */
export const historyFile = (env: Readonly<Record<string, string | undefined>> = process.env): string => {
  const { XDG_STATE_HOME: state } = env
  return join(state?.startsWith("/") === true ? state : join(homedir(), ".local/state"), "spawnbroker", "history.db")
}
