import type { PoolAnswer, PoolRequest } from "../link/pool-messages.ts"

type Task = Extract<PoolRequest, { readonly _tag: "Task" }>

/** Runs the default export of a module of ours. */
export const runTask = async ({ module, payload }: Task): Promise<PoolAnswer> => {
  const { default: task } = (await import(module)) as { readonly default: (payload: unknown) => unknown }
  return { _tag: "Done", result: await task(payload) }
}
