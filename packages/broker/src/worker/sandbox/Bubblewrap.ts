/**
 * How a process is run in a sandbox on this machine, once that has been tried.
 *
 * The program is run by a chain of others, each of which becomes the next: `env`, `bwrap`, then within the sandbox `env` again.
 * bubblewrap stays beside it, as its parent, in its process group, and exits when it does. What tells the program to end must
 * not end that parent before: so the first `env` has it ignore signals, and the last sets them back for the program.
 */
import { signals, Unsupported } from "@spawnbroker/protocol"
import type { EffectiveSandbox } from "../access/combine-sandbox.ts"
import type { FindTool } from "../confine/find-tool.ts"
import type { Spawner, SpawnRequest } from "../spawn/Spawner.ts"
import { bubblewrapArguments, type Inhabitant } from "./bubblewrap-arguments.ts"

/** Processes that bubblewrap itself is: the parent, and the first of the sandbox. */
export const BUBBLEWRAP_PROCESSES = 2

/** Those that can be ignored, but for the one by which bubblewrap hears of its child, as env(1) names them. */
const signalNames = signals
  .filter((signal) => !["SIGKILL", "SIGSTOP", "SIGCHLD"].includes(signal))
  .map((signal) => signal.slice("SIG".length))
  .join(",")

/**
 * In a user namespace of its own, in which nobody can make another, not even root is root. Where a machine has none of those,
 * root can do without.
 */
const waysToNamespaces = [["--unshare-user", "--disable-userns"], []]

interface Tools {
  readonly bwrap: string
  readonly env: string
}

export class Bubblewrap {
  readonly #tools: Tools
  readonly #namespaces: ReadonlyArray<string>

  /** Tries it. Answers why it cannot be where it does not work. */
  static async find(spawner: Spawner, find: FindTool): Promise<Bubblewrap | Unsupported> {
    const [bwrap, env, nothing] = ["bwrap", "env", "true"].map(find)
    if (bwrap === undefined || env === undefined || nothing === undefined) return notInstalled
    let complaint = ""
    for (const namespaces of waysToNamespaces) {
      const found = new Bubblewrap({ bwrap, env }, namespaces)
      const [file, ...args] = [...found.command(emptySandbox, { cwd: "/", path: nothing, file: nothing }), nothing]
      const tried = await tryOut(spawner, { file: file!, argv0: "env", args, cwd: "/", env: {}, stdio: tryStdio })
      if (tried === undefined) return found
      complaint ||= tried
    }
    return cannotWork(complaint)
  }

  private constructor(tools: Tools, namespaces: ReadonlyArray<string>) {
    this.#tools = tools
    this.#namespaces = namespaces
  }

  /** What a program has to be run by. `limiting`: what is to run within the sandbox, and becomes the program. */
  command(
    sandbox: EffectiveSandbox,
    inhabitant: Inhabitant,
    options: {
      readonly memoryBytes?: number | undefined
      readonly limiting?: ReadonlyArray<string>
      readonly env?: Readonly<Record<string, string>>
    } = {}
  ): ReadonlyArray<string> {
    const { memoryBytes, limiting = [], env = {} } = options
    return [
      ...[this.#tools.env, `--ignore-signal=${signalNames}`, "--", this.#tools.bwrap],
      ...bubblewrapArguments(sandbox, inhabitant, this.#namespaces, memoryBytes),
      ...limiting,
      ...[this.#tools.env, `--default-signal=${signalNames}`, "--"],
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`)
    ]
  }
}

const emptySandbox: EffectiveSandbox = { read: [], write: [], network: false, bestEffort: false }

const tryStdio: SpawnRequest["stdio"] = ["ignore", "ignore", "output"]

/** Answers nothing if it worked, and what was said if it did not. */
const tryOut = async (spawner: Spawner, request: SpawnRequest): Promise<string | undefined> => {
  try {
    const { outputs, exited } = await spawner.spawn(request)
    const said: Array<Buffer> = []
    const stderr = outputs.get(2)!
    const ended = new Promise<void>((end) =>
      stderr.start({ data: (chunk) => said.push(Buffer.from(chunk)), end: () => end() })
    )
    const { code } = await exited
    if (code === 0) {
      stderr.destroy()
      return undefined
    }
    await ended
    return Buffer.concat(said).toString("utf8").trim() || `exit code ${code}`
  } catch (cause) {
    return (cause as Error).message
  }
}

const withoutSandbox = "or set `sandbox.bestEffort: true` in the policy, which lets its processes run without one."

const notInstalled = new Unsupported({
  feature: "`sandbox`, since bubblewrap is not installed",
  hint: `Install it (on Debian, Ubuntu, Fedora and Alpine the package is called bubblewrap), ${withoutSandbox}`
})

const cannotWork = (complaint: string): Unsupported =>
  new Unsupported({
    feature: `\`sandbox\`, since bubblewrap does not work on this machine (${complaint.split("\n")[0]!.slice(0, 200)})`,
    hint: `Allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone), ${withoutSandbox}`
  })
