import * as CommandLine from "effect/process/CommandLine"

/** A command as one could type it in a POSIX shell: quoted where it must be, control characters escaped. */
export const commandLine = (command: string, args: ReadonlyArray<string>): string => {
  const line = CommandLine.display([command, ...args.slice(0, MAX_SHOWN_ARGUMENTS)])
  return args.length > MAX_SHOWN_ARGUMENTS ? `${clip(line)} … (${args.length} arguments)` : clip(line)
}

const MAX_SHOWN_ARGUMENTS = 20
const MAX_SHOWN_LENGTH = 300

const clip = (line: string): string => (line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH)}…` : line)
