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

/** The environment, or the first variable that may not be set, and the link of the chain that says so. */
export type BuiltEnvironment =
  | { readonly env: Environment; readonly refused: undefined }
  | { readonly env: undefined; readonly refused: string; readonly by: Link }

type Link = Pick<Grant, "env" | "path">

/**
 * The whole environment of a child: PATH, what every link of the chain inherits from the host, what the client sets, and
 * the fixed values of the links, of which the later win, and the older link's before the younger's.
 *
 * A link is to what it was derived from as a client who sets the link's fixed values. A client may go without what is
 * inherited, which lets it do nothing new; the fixed values it cannot do without.
 *
 * `links`: the youngest first.
 */
export const buildEnvironment = <L extends Link>(
  links: ReadonlyArray<L>,
  host: Environment,
  client: Environment,
  wanted: SpawnSpec["inheritEnv"] = true
): BuiltEnvironment & { readonly by?: L } => {
  let asked = client
  for (const link of links) {
    const { set, values } = link.env
    const refused = Object.keys(asked).find((name) => !coversName(set, name) && values[name] !== asked[name])
    if (refused !== undefined) return { refused, env: undefined, by: link }
    asked = { ...asked, ...values }
  }
  const inherited = Object.entries(host).filter(([name]) => links.every(({ env }) => coversName(env.inherit, name)))
  const offered = [["PATH", links[0]!.path] as const, ...inherited].filter(([name]) => isWanted(wanted, name))
  return { refused: undefined, env: { ...Object.fromEntries(offered), ...asked } }
}

const isWanted = (wanted: SpawnSpec["inheritEnv"], name: string): boolean =>
  typeof wanted === "boolean" ? wanted : !wanted.except.includes(name)
