import type { Policy } from "@spawnbroker/protocol"

/** What a user is. What each may do is a policy, which the host can replace. */
export type Role = "admin" | "operator" | "viewer"

/** A policy whose subject is the user's name. */
export type RolePolicy = Omit<Policy, "subject">

/**
 * What is not said otherwise. Processes run on when a page is closed.
 *
 * `admin`: any line of shell anywhere, daemons, and everybody's processes: all that the host's user may do; where
 * the broker has a history, it keeps the last MiB of what his processes put out. `operator`: sees and
 * ends everybody's processes, and starts what the host adds (`commands`). `viewer`: sees.
 */
export const defaultRoles: Readonly<Record<Role, RolePolicy>> = {
  admin: {
    shell: true,
    cwd: ["/"],
    env: { inherit: ["PATH", "HOME", "LANG", "USER"], set: ["*"] },
    daemons: true,
    observe: "all",
    kill: "all",
    history: { output: 1024 * 1024 },
    disconnect: "keep"
  },
  operator: { observe: "all", kill: "all", disconnect: "keep" },
  viewer: { observe: "all" }
}

/** What the token of a user may do. `disconnect`: pages are reloaded, and their processes are not to end by that. */
export const policyOf = (name: string, policy: RolePolicy): Policy => ({
  disconnect: "keep",
  ...policy,
  subject: `user:${name}`
})
