import type { Screen } from "./Screen.ts"

/** Lines of JSON, for programs: what daemons put out, how they change, and what the project itself says. */
export const jsonScreen = (write: (text: string) => void): Screen => {
  const say = (event: object): void => write(`${JSON.stringify(event)}\n`)
  return {
    line: (name, line) => say({ type: "line", name, ...line }),
    changed: (daemon) => say({ type: "changed", daemon }),
    note: (text) => say({ type: "note", text }),
    close: () => {}
  }
}
