import { accessSync, constants } from "node:fs"

/** Where the system keeps its own programs. Never the PATH, which anybody may have set. */
const SYSTEM_DIRECTORIES = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]

/** The path of a program of the system, if it is installed. */
export type FindTool = (name: string) => string | undefined

export const findTool: FindTool = (name) =>
  SYSTEM_DIRECTORIES.map((directory) => `${directory}/${name}`).find(isExecutable)

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
