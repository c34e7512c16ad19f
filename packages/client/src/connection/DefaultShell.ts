import { InvalidArgument, PermissionDenied } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"

/** A program that reads a line, and the arguments before that line. */
export interface Shell {
  readonly program: string
  readonly args: ReadonlyArray<string>
}

const standard: Shell = { program: "sh", args: ["-c"] }

/** The shell of a connection. Whether any shell may run is the broker's to say; it is asked again at each spawn. */
export class DefaultShell {
  readonly #subject: string
  readonly #isAllowed: boolean
  #shell = standard

  constructor(subject: string, isAllowed: boolean) {
    this.#subject = subject
    this.#isAllowed = isAllowed
  }

  readonly get: Effect.Effect<Shell> = Effect.sync(() => this.#shell)

  /** `null` restores `sh -c`. */
  set(shell: Shell | null): Effect.Effect<void, PermissionDenied | InvalidArgument> {
    return Effect.suspend((): Effect.Effect<void, PermissionDenied | InvalidArgument> => {
      if (!this.#isAllowed) return Effect.fail(this.#denied)
      if (shell !== null && !isShell(shell)) return Effect.fail(notAShell)
      this.#shell = shell === null ? standard : { program: shell.program, args: [...shell.args] }
      return Effect.void
    })
  }

  get #denied(): PermissionDenied {
    return new PermissionDenied({
      subject: this.#subject,
      rule: "shell",
      what: "to choose a shell",
      hint: "Run a command without a shell, or set `shell: true` in the policy, which allows any command."
    })
  }
}

export const isShell = (value: unknown): value is Shell => {
  const { program, args } = Object(value) as Shell
  return (
    typeof program === "string" && program !== "" && Array.isArray(args) && args.every((arg) => typeof arg === "string")
  )
}

const notAShell = new InvalidArgument({
  argument: "shell",
  problem: '`{ program, args }` is expected, such as `{ program: "bash", args: ["-c"] }`, or null'
})
