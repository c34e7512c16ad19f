/**
 * What a policy's limits and sandbox come to on this machine: a command that is run by others, which confine it, and somebody
 * who looks after it while it runs.
 */
import { InvalidArgument, type SpawnSpec, Unsupported } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { canLook } from "../../child/process-facts.ts"
import type { Authorized } from "../access/Authorizer.ts"
import type { EffectiveLimits } from "../access/combine-limits.ts"
import type { EffectiveSandbox } from "../access/combine-sandbox.ts"
import type { Grant } from "../access/Grant.ts"
import { hasKernelLimits, prlimitArguments } from "../limits/kernel-limits.ts"
import { type OnExceeded, TreeWatch } from "../limits/TreeWatch.ts"
import { Bubblewrap, BUBBLEWRAP_PROCESSES } from "../sandbox/Bubblewrap.ts"
import type { Spawner, SpawnRequest } from "../spawn/Spawner.ts"
import { findTool, type FindTool } from "./find-tool.ts"
import { splitEnvironment } from "./loader-variables.ts"
import { pathToRun } from "./path-to-run.ts"

/** An act that may be done, within its confines. */
export interface Confined extends Authorized {
  /** The real path of the program, whoever runs it. */
  readonly program: string
  /** Bubblewrap is its parent, and tells of its end. */
  readonly isSandboxed: boolean
  /** Looks after the limits that no kernel keeps, from when it has started. Absent where there are none. */
  readonly watch: ((pid: number, onExceeded: OnExceeded) => void) | undefined
}

export type ConfineError = InvalidArgument | Unsupported

/** Those for which a machine needs something. */
type EnforcedLimit = "openFiles" | "coreBytes" | "nice" | "memoryBytes" | "processes" | "cpuSeconds"

/** Something that cannot be enforced here, and how it could be. */
interface Missing {
  readonly limit: EnforcedLimit
  readonly tool: string
  readonly hint: string
}

export class Confinement {
  readonly #spawner: Spawner
  readonly #warn: (message: string) => void
  readonly #treeWatch = new TreeWatch()
  readonly #find: FindTool
  readonly #tools: { readonly [T in "prlimit" | "nice" | "env"]: string | undefined }
  /** What has been warned of, once each: clients may derive any number of policies. */
  readonly #warned = new Set<string>()
  #trial: Promise<Bubblewrap | Unsupported> | undefined
  #bubblewrap: Bubblewrap | undefined

  constructor(spawner: Spawner, warn: (message: string) => void, find = findTool) {
    this.#spawner = spawner
    this.#warn = warn
    this.#find = find
    this.#tools = { prlimit: find("prlimit"), nice: find("nice"), env: find("env") }
  }

  /** Whether this machine can enforce what a grant says. Asked before its token is minted. */
  check(grant: Grant): Effect.Effect<void, Unsupported> {
    return Effect.gen({ self: this }, function* () {
      for (const { limit, tool, hint } of this.#missing(grant.limits)) {
        const error = new Unsupported({
          feature: `the limit \`${limit}\`, without ${tool}`,
          hint: `${hint}, or set \`limits.bestEffort: true\` in the policy, which leaves out what cannot be enforced.`
        })
        yield* this.#refuse(error, grant.subject, grant.limits.bestEffort)
      }
      if (grant.sandbox === undefined) return
      this.#trial ??= Bubblewrap.find(this.#spawner, this.#find)
      const found = yield* Effect.promise(() => this.#trial!)
      if (found instanceof Bubblewrap) this.#bubblewrap = found
      else yield* this.#refuse(found, grant.subject, grant.sandbox.bestEffort)
    })
  }

  /** What is to be started instead, so that it is confined from its first instruction on. */
  confine(authorized: Authorized, spec: SpawnSpec): Result.Result<Confined, ConfineError> {
    const { limits, sandbox } = authorized
    const bubblewrap = sandbox === undefined ? undefined : this.#bubblewrap
    if (sandbox !== undefined && bubblewrap === undefined && !sandbox.bestEffort) return Result.fail(notTried)
    const isSandboxed = bubblewrap !== undefined
    const request = isSandboxed
      ? this.#sandboxed(authorized, sandbox!, bubblewrap)
      : this.#limited(authorized.request, authorized.found, limits)
    if (request === undefined) return Result.fail(pathIsAssignment(spec.command))
    const watched = isSandboxed ? withBubblewrap(limits) : limits
    const watch =
      TreeWatch.isAbout(limits) && canLook()
        ? (pid: number, onExceeded: OnExceeded) => this.#treeWatch.watch(pid, watched, onExceeded)
        : undefined
    return Result.succeed({ ...authorized, program: authorized.request.file, request, isSandboxed, watch })
  }

  close(): void {
    this.#treeWatch.close()
  }

  #refuse(error: Unsupported, subject: string, bestEffort = false): Effect.Effect<void, Unsupported> {
    if (!bestEffort) return Effect.fail(error)
    return Effect.sync(() => {
      if (this.#warned.has(error.feature)) return
      this.#warned.add(error.feature)
      this.#warn(`Processes of "${subject}", and others, are less confined than their policies say. ${error.message}`)
    })
  }

  #missing(limits: EffectiveLimits): ReadonlyArray<Missing> {
    const lacking = (names: ReadonlyArray<EnforcedLimit>, { tool, hint }: Omit<Missing, "limit">) =>
      names.filter((limit) => limits[limit] !== undefined).map((limit) => ({ limit, tool, hint }))
    return [
      ...(this.#canPrlimit ? [] : lacking(["openFiles", "coreBytes"], missingPrlimit)),
      ...(this.#tools.nice === undefined ? lacking(["nice"], missingNice) : []),
      ...(canLook() ? [] : lacking(["memoryBytes", "processes", "cpuSeconds"], missingProc))
    ]
  }

  get #canPrlimit(): boolean {
    return canLook() && this.#tools.prlimit !== undefined && this.#tools.env !== undefined
  }

  #nice({ nice }: EffectiveLimits): ReadonlyArray<string> {
    return nice === undefined || this.#tools.nice === undefined ? [] : [this.#tools.nice, "-n", String(nice)]
  }

  #prlimit(limits: EffectiveLimits): ReadonlyArray<string> {
    if (!hasKernelLimits(limits) || !this.#canPrlimit) return []
    return [this.#tools.prlimit!, ...prlimitArguments(limits), "--"]
  }

  /** Nothing if the program's path looks like the assignment of a variable to those who run it. */
  #limited(request: SpawnRequest, found: string, limits: EffectiveLimits): SpawnRequest | undefined {
    const before = [...this.#nice(limits), ...this.#prlimit(limits)]
    if (before.length === 0) return request
    const { safe, loader } = splitEnvironment(request.env)
    const path = pathToRun(request, found)
    const assigns = Object.entries(loader).map(([name, value]) => `${name}=${value}`)
    if (assigns.length === 0) return runBy(before, path, { ...request, env: safe })
    if (path.includes("=") || this.#tools.env === undefined) return undefined
    return runBy([...before, this.#tools.env, "--", ...assigns], path, { ...request, env: safe })
  }

  #sandboxed(
    { request, found, limits }: Authorized,
    sandbox: EffectiveSandbox,
    bubblewrap: Bubblewrap
  ): SpawnRequest | undefined {
    const { safe, loader } = splitEnvironment(request.env)
    const path = pathToRun(request, found)
    if (path.includes("=")) return undefined
    const inhabitant = { cwd: request.cwd, path, file: request.file }
    // Within the sandbox: what makes it needs descriptors of its own.
    const limiting = this.#prlimit(limits)
    const by = bubblewrap.command(sandbox, inhabitant, { memoryBytes: limits.memoryBytes, limiting, env: loader })
    return runBy([...this.#nice(limits), ...by], path, { ...request, env: safe })
  }
}

/** The same program by its path, at the end of a command line that begins with others. It must still be what is there. */
const runBy = ([file, ...before]: ReadonlyArray<string>, path: string, request: SpawnRequest): SpawnRequest => ({
  ...request,
  expects: request.expects?.map((each) => (each.path === request.file ? { ...each, path } : each)) ?? [],
  file: file!,
  argv0: file!.slice(file!.lastIndexOf("/") + 1),
  args: [...before, path, ...request.args]
})

const withBubblewrap = (limits: EffectiveLimits): EffectiveLimits =>
  limits.processes === undefined ? limits : { ...limits, processes: limits.processes + BUBBLEWRAP_PROCESSES }

const pathIsAssignment = (command: string): InvalidArgument =>
  new InvalidArgument({
    argument: "command",
    problem: `the path of ${command} has a "=" in it, with which it cannot be run in a sandbox or under limits of the kernel; move it, or make a link to it`
  })

const notTried = new Unsupported({
  feature: "`sandbox`, which has not been tried on this machine",
  hint: "Mint the token again."
})

const missingPrlimit = { tool: "prlimit", hint: "Install util-linux" }
const missingNice = { tool: "nice", hint: "Install coreutils" }
const missingProc = { tool: "/proc", hint: "Run the broker where there is one" }
