/** What the gateway tells admins of clients and tokens. Times are milliseconds since the epoch. */
export interface ConnectedClient {
  readonly subject: string
  readonly tokenId: string
  readonly via: string
  readonly connectedAt: number
  readonly processes: number
}

export interface GoodToken {
  readonly id: string
  readonly subject: string
  readonly mintedAt: number
  /** Absent: never. */
  readonly expiresAt?: number
  readonly parent?: string
  readonly sessions: number
  readonly processes: number
}
