import { InvalidArgument, type Policy } from "@spawnbroker/protocol"

/** Entries that each list of a derived policy may have. Higher: a client can make each decision on its starts longer. */
const MAX_DERIVED_ENTRIES = 100

/** Refuses a policy of a client that has a long list, before anything of it is looked up. */
export const checkLists = ({ commands, deny, cwd, env, sandbox, topics }: Policy): void => {
  const lists: ReadonlyArray<readonly [argument: string, list: ReadonlyArray<unknown> | undefined]> = [
    ["commands", commands],
    ["deny", deny],
    ["cwd", cwd],
    ["env.inherit", env?.inherit],
    ["env.set", env?.set],
    ["env.values", Object.keys(env?.values ?? {})],
    ["sandbox.read", sandbox?.read],
    ["sandbox.write", sandbox?.write],
    ["topics.publish", topics?.publish],
    ["topics.subscribe", topics?.subscribe]
  ]
  const long = lists.find(([, list = []]) => list.length > MAX_DERIVED_ENTRIES)
  if (long === undefined) return
  const problem = `a derived policy has ${MAX_DERIVED_ENTRIES} at most`
  throw new InvalidArgument({ argument: long[0], problem })
}
