/**
 * A project as it runs: every path absolute, every name resolved, and the policy under which its daemons are started.
 */
import { type ArgumentPattern, DaemonSpec, type Policy } from "@spawnbroker/protocol"
import { readFileSync } from "node:fs"
import { basename, dirname, resolve } from "node:path"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"
import { findMistakes } from "../mistakes/find-mistakes.ts"
import type { Config, ConfigDaemon, ConfigGateway } from "./Config.ts"
import { mistaken, type ReadConfig } from "./read-config.ts"

export interface Project {
  readonly name: string
  readonly file: string
  /** Where it is: relative paths of its file begin there, and its processes run there. */
  readonly directory: string
  readonly daemons: ReadonlyArray<DaemonSpec>
  /** By which it starts its daemons, and by which the commands of its user see and end everything of its broker. */
  readonly policy: Policy
  readonly health: Config["health"]
  readonly policies: Readonly<Record<string, Policy>>
  /** Whether it is remembered what has run. */
  readonly hasHistory: boolean
  /** Its files are absolute. */
  readonly gateway: ConfigGateway
  readonly tokens: ReadonlyArray<{ readonly name: string; readonly policy: Policy; readonly file: string }>
}

export const toProject = ({ file, config, locate }: ReadConfig): Project => {
  const directory = dirname(file)
  const from = (path: string): string => resolve(directory, path)
  const daemons = Object.entries(config.daemons ?? {}).map(([name, daemon]) => toSpec(name, daemon, from))
  const mistakes = daemons.flatMap((daemon) =>
    findMistakes(DaemonSpec, daemon).map((found) => locate({ ...found, path: ["daemons", daemon.name, ...found.path] }))
  )
  if (mistakes.length > 0) throw mistaken(mistakes)
  const policies = Object.fromEntries(
    Object.entries(config.policies ?? {}).map(([name, policy]) => [
      name,
      { ...policy, subject: policy.subject ?? name }
    ])
  )
  const name = config.name ?? basename(directory)
  return {
    name,
    file,
    directory,
    daemons,
    policy: policyOf(name, directory, daemons, config),
    health: config.health,
    policies,
    hasHistory: config.history ?? true,
    gateway: toGateway(config.gateway ?? {}, from),
    tokens: Object.entries(config.tokens ?? {}).map(([token, { policy, file: path }]) => ({
      name: token,
      policy: policies[policy]!,
      file: from(path)
    }))
  }
}

const toGateway = ({ tls, ...same }: ConfigGateway, from: (path: string) => string): ConfigGateway => ({
  ...same,
  ...(tls !== undefined && { tls: { cert: from(tls.cert), key: from(tls.key) } })
})

/** The values of a project's secrets, which are read when it starts. */
export const readSecrets = ({ file, config, locate }: ReadConfig): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(config.secrets ?? {}).map(([name, source]) => {
      const fail = (problem: string, hint: string): Failure =>
        mistaken([locate({ path: ["secrets", name], problem, hint })])
      if ("env" in source) {
        const value = process.env[source.env]
        if (value === undefined) throw fail(`the variable ${source.env} is not set`, "Set it where this is started")
        return [name, value]
      }
      try {
        return [name, readFileSync(resolve(dirname(file), source.file), "utf8").replace(/\r?\n$/, "")]
      } catch (cause) {
        throw fail(`its file cannot be read: ${(cause as NodeJS.ErrnoException).code}`, "Create it, with mode 600")
      }
    })
  )

/** A relative path of a program is one that begins with a dot; a bare name is looked for in the PATH. */
const toSpec = (name: string, daemon: ConfigDaemon, from: (path: string) => string): DaemonSpec => {
  const { command, cwd, envFile, pidFile, log, ...same } = daemon
  return {
    ...same,
    name,
    command: command.startsWith(".") ? from(command) : command,
    cwd: from(cwd ?? "."),
    ...(envFile !== undefined && { envFile: from(envFile) }),
    ...(pidFile !== undefined && { pidFile: from(pidFile) }),
    ...(log !== undefined && { log: { ...log, file: from(log.file) } })
  }
}

/** What the daemons and their probes run, each with the very arguments that are written there; and nothing else. */
const policyOf = (name: string, directory: string, daemons: ReadonlyArray<DaemonSpec>, config: Config): Policy => {
  const runs = daemons.flatMap(({ command, args = [], readiness, liveness }) => [
    { command, args },
    ...[readiness, liveness].flatMap((probe) =>
      probe !== undefined && "exec" in probe ? [{ command: probe.exec.command, args: probe.exec.args ?? [] }] : []
    )
  ])
  const grants = new Map<string, Array<ReadonlyArray<ArgumentPattern>>>()
  for (const { command, args } of runs) grants.set(command, [...(grants.get(command) ?? []), args])
  const env = config.env ?? { inherit: ["PATH", "HOME"] }
  const files = daemons.flatMap(({ envFile, pidFile, log }) =>
    [envFile, pidFile, log?.file].flatMap((path) => (path === undefined ? [] : [dirname(path)]))
  )
  return {
    subject: `project:${name}`,
    commands: [...grants].map(([command, args]) => ({ command, args })),
    cwd: [...new Set([directory, ...daemons.flatMap(({ cwd }) => (cwd === undefined ? [] : [cwd]))])],
    env: {
      ...env,
      set: [...new Set([...(env.set ?? []), ...daemons.flatMap((daemon) => Object.keys(daemon.env ?? {}))])]
    },
    ...(config.limits !== undefined && { limits: config.limits }),
    ...(config.sandbox !== undefined && { sandbox: config.sandbox }),
    daemons: { names: daemons.map((daemon) => daemon.name), files: [...new Set(files)] },
    observe: "all",
    kill: "all"
  }
}

/** The policy of a name, or what there is instead. */
export const policyNamed = ({ policies, file }: Project, name: string): Policy => {
  const policy = Object.hasOwn(policies, name) ? policies[name] : undefined
  if (policy !== undefined) return policy
  const names = Object.keys(policies)
  const message = `There is no policy ${name} in ${file}. ${names.length === 0 ? "There is none" : `There are ${names.join(", ")}`}.`
  throw new Failure({ exitCode: exitCodes.config, message })
}
