import { parseArgs } from "node:util"

/** What the command line asks for. A mistake is told in words that can be shown as they are. */
export type Options =
  | { readonly _tag: "Demo" }
  | { readonly _tag: "Compare" }
  | { readonly _tag: "Help" }
  | { readonly _tag: "Mistake"; readonly problem: string }

export const usage = `Usage: pnpm demo [--compare] [--help]

Starts a broker, gives three clients a token each, and runs many real processes at once.

  --compare   run the same work with node:child_process and with the broker, each in a host
              with 1 GB of heap, and print the delays of their main threads side by side
  --help      show this text

In a terminal it draws a live table. Without one, or with NO_COLOR or CI set, it prints plain lines.
Exit code: 0 if all was as it should be, 1 if not, 2 for a wrong command line, 130 after Ctrl-C.
`

export const readOptions = (args: ReadonlyArray<string>): Options => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { compare: { type: "boolean" }, help: { type: "boolean", short: "h" } }
    })
    if (values.help === true) return { _tag: "Help" }
    return values.compare === true ? { _tag: "Compare" } : { _tag: "Demo" }
  } catch (cause) {
    return { _tag: "Mistake", problem: (cause as Error).message }
  }
}
