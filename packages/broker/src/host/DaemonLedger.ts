import type { StoredDaemon, StoredReplica } from "../link/StoredDaemon.ts"

/** The daemons that there are, as the worker has told of them: what the next worker is given if this one dies. */
export class DaemonLedger {
  readonly #daemons = new Map<string, StoredDaemon & { readonly replicas: Map<number, StoredReplica> }>()

  /** In the order in which their names were first taken. */
  get all(): ReadonlyArray<StoredDaemon> {
    return [...this.#daemons.values()]
  }

  /** A name is taken, perhaps again. */
  add({ spec, tokenId }: Omit<StoredDaemon, "replicas">): void {
    this.#daemons.set(spec.name, { spec, tokenId, replicas: new Map() })
  }

  change(name: string, replica: number, stored: StoredReplica): void {
    this.#daemons.get(name)?.replicas.set(replica, stored)
  }

  forget(name: string): void {
    this.#daemons.delete(name)
  }
}
