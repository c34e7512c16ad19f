import { coversName, type EnvironmentGrant, type SpawnSpec } from "@spawnbroker/protocol"

type Environment = Readonly<Record<string, string>>

/** Where a machine without a PATH of its own looks. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/** The PATH of a policy: by which its commands are found, and what its children see. */
export const policyPath = (grant: EnvironmentGrant, host: Environment): string =>
  grant.values?.PATH ?? host.PATH ?? DEFAULT_PATH

/** The environment, or the name of the first variable that the client may not set. */
export type BuiltEnvironment =
  | { readonly env: Environment; readonly refused: undefined }
  | { readonly env: undefined; readonly refused: string }

/**
 * The whole environment of a child: PATH, what the policy inherits from the host, what the client sets, and the
 * policy's fixed values, of which the later win.
 *
 * A client may go without what is inherited, which lets it do nothing new; the fixed values it cannot do without.
 */
export const buildEnvironment = (
  grant: EnvironmentGrant,
  host: Environment,
  client: Environment,
  wanted: SpawnSpec["inheritEnv"] = true
): BuiltEnvironment => {
  const refused = Object.keys(client).find((name) => !coversName(grant.set ?? [], name))
  if (refused !== undefined) return { refused, env: undefined }
  const inherited = Object.entries(host).filter(([name]) => coversName(grant.inherit ?? [], name))
  const offered = [["PATH", policyPath(grant, host)] as const, ...inherited].filter(([name]) => isWanted(wanted, name))
  return { refused: undefined, env: { ...Object.fromEntries(offered), ...client, ...grant.values } }
}

const isWanted = (wanted: SpawnSpec["inheritEnv"], name: string): boolean =>
  typeof wanted === "boolean" ? wanted : !wanted.except.includes(name)
