import { useState } from "react"
import { usePolled } from "../connection/ask-admin.ts"
import { TableHead } from "../parts/TableHead.tsx"
import { showTime } from "../processes/words.ts"
import { DeriveToken } from "./DeriveToken.tsx"
import { RevokeDialog } from "./RevokeDialog.tsx"
import type { ConnectedClient, GoodToken } from "./shapes.ts"

const LOOK_MS = 1000

/** Who is connected now, and with which tokens anybody could be. */
export const Clients = () => {
  const clients = usePolled<ReadonlyArray<ConnectedClient>>("/admin/clients", LOOK_MS)
  const tokens = usePolled<ReadonlyArray<GoodToken>>("/admin/tokens", LOOK_MS)
  const [revoking, setRevoking] = useState<GoodToken>()
  const refresh = (): void => {
    clients.refresh()
    tokens.refresh()
  }
  return (
    <div className="admin">
      <p role="alert" className="problem">
        {clients.problem || tokens.problem}
      </p>
      <section aria-labelledby="connected">
        <h1 id="connected">Connected clients</h1>
        <ClientTable clients={clients.value} />
      </section>
      <section aria-labelledby="tokens">
        <h1 id="tokens">Tokens</h1>
        <TokenTable tokens={tokens.value} onRevoke={setRevoking} />
      </section>
      <DeriveToken onDerived={refresh} />
      {revoking !== undefined && (
        <RevokeDialog
          token={revoking}
          onClose={() => {
            setRevoking(undefined)
            refresh()
          }}
        />
      )}
    </div>
  )
}

const ClientTable = ({ clients }: { readonly clients: ReadonlyArray<ConnectedClient> | undefined }) => {
  if (clients === undefined) return <p className="empty">Loading …</p>
  if (clients.length === 0) return <p className="empty">Nobody is connected.</p>
  return (
    <div className="scroller" role="region" aria-label="Connected clients" tabIndex={0}>
      <table>
        <TableHead columns={["Subject", "By", "Since", "Live processes", "Token"]} numbers={["Live processes"]} />
        <tbody>
          {clients.map(({ subject, via, connectedAt, processes, tokenId }, index) => (
            <tr key={`${tokenId} ${connectedAt} ${index}`}>
              <td>{subject}</td>
              <td>{via}</td>
              <td>{showTime(connectedAt)}</td>
              <td className="number">{processes}</td>
              <td className="mono">{tokenId}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface TokenTableProps {
  readonly tokens: ReadonlyArray<GoodToken> | undefined
  readonly onRevoke: (token: GoodToken) => void
}

const TokenTable = ({ tokens, onRevoke }: TokenTableProps) => {
  if (tokens === undefined) return <p className="empty">Loading …</p>
  if (tokens.length === 0) return <p className="empty">There are no tokens.</p>
  return (
    <div className="scroller" role="region" aria-label="Tokens" tabIndex={0}>
      <table>
        <TableHead
          columns={["Subject", "Token", "Minted", "Expires", "Derived from", "Sessions", "Live processes", "Action"]}
          numbers={["Sessions", "Live processes"]}
        />
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td>{token.subject}</td>
              <td className="mono">{token.id}</td>
              <td>{showTime(token.mintedAt)}</td>
              <td>{token.expiresAt === undefined ? "never" : showTime(token.expiresAt)}</td>
              <td className="mono">{token.parent ?? ""}</td>
              <td className="number">{token.sessions}</td>
              <td className="number">{token.processes}</td>
              <td>
                <button type="button" onClick={() => onRevoke(token)} aria-label={`Revoke ${token.subject}`}>
                  Revoke
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
