import { type Policy, type PolicyWarning, policyWarnings, printable } from "@spawnbroker/protocol"

/** Warnings that are remembered, so as to be logged once. More: a host that mints ever new policies is told again. */
const MAX_REMEMBERED = 1000

/** Tells the host's log what the policies that it mints grant beside what is written in them. */
export class PolicyWarnings {
  readonly #mode: "log" | "ignore"
  readonly #log: (message: string) => void
  readonly #logged = new Set<string>()

  constructor(mode: "log" | "ignore", log: (message: string) => void) {
    this.#mode = mode
    this.#log = log
  }

  /** Logs what there is to say of a policy, as one message, unless it has been said. */
  report(policy: Policy): void {
    if (this.#mode === "ignore") return
    const lines = policyWarnings(policy).map(describe)
    if (lines.length === 0) return
    const message = printable(
      `The policy of "${policy.subject}" grants more than it seems to (\`broker.check\` answers this as data). ${lines.join(" ")}`
    )
    if (this.#logged.has(message)) return
    if (this.#logged.size >= MAX_REMEMBERED) this.#logged.clear()
    this.#logged.add(message)
    this.#log(message)
  }
}

const describe = ({ place, program, why, instead }: PolicyWarning): string =>
  `\`${place}\` (${program}): ${why}. Instead: ${instead}.`
