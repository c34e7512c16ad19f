/** What the host is told of those who are connected, and of the tokens that are good. */
import type { ConnectedClient, GoodToken } from "../../link/Overview.ts"
import type { Worker } from "../Worker.ts"
import { isOf } from "./Capability.ts"

export const listClients = (worker: Worker): ReadonlyArray<ConnectedClient> =>
  [...worker.sessions].flatMap(({ capability, via, connectedAt }) =>
    capability === undefined
      ? []
      : [
          {
            subject: worker.redact(capability.grant.subject),
            tokenId: capability.tokenId,
            via,
            connectedAt,
            processes: liveOf(worker, capability.tokenId)
          }
        ]
  )

export const listTokens = (worker: Worker): ReadonlyArray<GoodToken> => {
  worker.tokens.expire()
  const age = Date.now() - worker.clock.now()
  return worker.tokens.all.map(({ tokenId, grant, parent, mintedAt, expiresAt }) => ({
    id: tokenId,
    subject: worker.redact(grant.subject),
    mintedAt,
    // Broker's clock counts from its start.
    ...(expiresAt !== Infinity && { expiresAt: age + expiresAt }),
    ...(parent !== undefined && { parent: parent.tokenId }),
    sessions: [...worker.sessions].filter(({ capability }) => capability?.tokenId === tokenId).length,
    processes: liveOf(worker, tokenId)
  }))
}

const liveOf = ({ registry }: Worker, tokenId: string): number =>
  registry.live.filter(({ owner }) => isOf(owner, tokenId)).length
