import { InvalidArgument } from "@spawnbroker/protocol"

/** What is wrong with an option, by the name that it has for the caller. On the way durations are milliseconds, and called so. */
export const nameAsOption = ({ argument, problem }: InvalidArgument): InvalidArgument =>
  argument.endsWith("Ms")
    ? new InvalidArgument({ argument: argument.slice(0, -2), problem: `a duration is expected, such as "5 seconds"` })
    : new InvalidArgument({ argument, problem })
