import { coversName, type SpawnSpec } from "@spawnbroker/protocol"
import type { Grant } from "./Grant.ts"

type Environment = Readonly<Record<string, string>>

/** What a policy says of the environment, with the values of its secrets. */
export interface GrantedEnvironment {
  readonly inherit: ReadonlyArray<string>
  readonly set: ReadonlyArray<string>
  readonly values: Environment
}

/** Where a machine without a PATH of its own looks. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/** The PATH of a policy: by which its commands are found, and what its children see. */
export const policyPath = ({ values }: Pick<GrantedEnvironment, "values">, host: Environment): string =>
  values.PATH ?? host.PATH ?? DEFAULT_PATH

/** The variables of the host that every link of a chain inherits. They are the same for every child, so they are looked for once. */
export const inheritedBy = (
  links: ReadonlyArray<Pick<GrantedEnvironment, "inherit">>,
  host: Environment
): ReadonlyArray<readonly [name: string, value: string]> =>
  Object.entries(host).filter(([name]) => links.every(({ inherit }) => coversName(inherit, name)))

/** The environment, or the first variable that may not be set, and the link of the chain that says so. */
export type BuiltEnvironment<L> =
  | { readonly env: Environment; readonly refused: undefined }
  | { readonly env: undefined; readonly refused: string; readonly by: L }

/**
 * The whole environment of a child: PATH, what every link of the chain inherits from the host, what the client sets, and
 * the fixed values of the links. Of these the later win, and an older link's values win over a younger's.
 *
 * A client may go without what is inherited, which lets it do nothing new; the fixed values it cannot do without.
 *
 * `links`: the youngest first. Each has been derived only if those before it let it set what it fixes.
 */
export const buildEnvironment = <L extends Pick<Grant, "env" | "path" | "inherited">>(
  links: ReadonlyArray<L>,
  client: Environment,
  wanted: SpawnSpec["inheritEnv"] = true
): BuiltEnvironment<L> => {
  const asked = Object.keys(client)
  for (const by of links) {
    const refused = asked.find((name) => !coversName(by.env.set, name))
    if (refused !== undefined) return { refused, env: undefined, by }
  }
  const { path, inherited } = links[0]!
  const offered = [["PATH", path] as const, ...inherited].filter(([name]) => isWanted(wanted, name))
  let env: Environment = { ...Object.fromEntries(offered), ...client }
  for (const link of links) env = { ...env, ...link.env.values }
  return { refused: undefined, env }
}

const isWanted = (wanted: SpawnSpec["inheritEnv"], name: string): boolean =>
  typeof wanted === "boolean" ? wanted : !wanted.except.includes(name)
