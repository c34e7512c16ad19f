/**
 * The users of a gateway. Each has one token, which never leaves this process: what a page does is done with it, under the name
 * of its user, and what he has started is his when he logs in again.
 */
import type { BrokerHandle } from "@spawnbroker/broker"
import { type AnyCallError, InvalidArgument, nearestNames, type Unsupported } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { defaultRoles, policyOf, type Role, type RolePolicy } from "./Role.ts"

export interface User {
  readonly name: string
  readonly role: Role
  readonly token: string
  readonly observe: "own" | "all"
  /** Whose processes he may end. */
  readonly kill: "own" | "all"
}

export type Users = ReadonlyMap<string, User>

const isName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name)

/** Mints a token for each. They are revoked when the scope closes; what runs with them runs on, or not, as the policy says. */
export const makeUsers = (
  broker: BrokerHandle,
  users: Readonly<Record<string, Role>>,
  roles: Partial<Record<Role, RolePolicy>>
): Effect.Effect<Users, AnyCallError | Unsupported, Scope.Scope> =>
  Effect.gen(function* () {
    const made = new Map<string, User>()
    for (const [name, role] of Object.entries(users)) {
      if (!isName(name)) return yield* mistake(`users.${name}`, "a name has letters, digits, and `._@-`, 64 at most")
      if (!Object.hasOwn(defaultRoles, role)) {
        return yield* mistake(`users.${name}`, `there is no role ${JSON.stringify(role)}; ${knownRoles}`)
      }
      const policy = policyOf(name, roles[role] ?? defaultRoles[role])
      const token = yield* Effect.acquireRelease(broker.mint(policy), (minted) => Effect.ignore(broker.revoke(minted)))
      made.set(name, { name, role, token, observe: policy.observe ?? "own", kill: policy.kill ?? "own" })
    }
    return made
  })

/** The user of a name. **Errors**: `InvalidArgument`, with the names that come near it. */
export const userNamed = (users: Users, name: string): Effect.Effect<User, InvalidArgument> => {
  const user = users.get(name)
  if (user !== undefined) return Effect.succeed(user)
  const near = nearestNames(name, [...users.keys()])
  return mistake(
    "user",
    `there is no user ${JSON.stringify(name)}${near.length > 0 ? `; is it ${near.join(", ")}?` : ""}`
  )
}

const knownRoles = `there are ${Object.keys(defaultRoles).join(", ")}`

const mistake = (argument: string, problem: string): Effect.Effect<never, InvalidArgument> =>
  Effect.fail(new InvalidArgument({ argument, problem }))
