import { coversName, type EnvironmentGrant, InvalidArgument } from "@spawnbroker/protocol"
import type { GrantedEnvironment } from "./build-environment.ts"
import { type Grant, type Host, linksOf } from "./Grant.ts"

/** What a policy says of the environment, with the secrets in the place of their names. `parent`: what it narrows. */
export const parseEnvironment = (env: EnvironmentGrant, host: Host, parent: Grant | undefined): GrantedEnvironment => {
  const values = Object.entries(env.values ?? {}).map(([name, value]) => {
    const argument = `env.values.${name}`
    checkSettable(name, argument, parent)
    return [name, typeof value === "string" ? value : secretOf(value.secret, argument, host, parent)] as const
  })
  return { inherit: env.inherit ?? [], set: env.set ?? [], values: Object.fromEntries(values) }
}

/** A derived policy is to those before it as a client: it fixes what it could have set. */
const checkSettable = (name: string, argument: string, parent: Grant | undefined): void => {
  const refusing = parent && linksOf(parent).find(({ env }) => !coversName(env.set, name))
  if (refusing === undefined) return
  const problem = `the policy of "${refusing.subject}" does not let it be set; leave it out, or have ${name} added to its \`env.set\``
  throw new InvalidArgument({ argument, problem })
}

const secretOf = (name: string, argument: string, { secrets }: Host, parent: Grant | undefined): string => {
  // Or a client could have any secret of the host's printed by a program that it may run.
  if (parent !== undefined) throw new InvalidArgument({ argument, problem: "only the host may refer to its secrets" })
  const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined
  if (secret?.includes("\0") === false) return secret
  if (secret !== undefined)
    throw new InvalidArgument({ argument, problem: "this secret has a NUL byte, which no variable can have" })
  const problem = `the broker has no secret ${JSON.stringify(name)}; give it to \`Broker.start\`, as one of \`secrets\``
  throw new InvalidArgument({ argument, problem })
}
