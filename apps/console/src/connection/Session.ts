/** Who has logged in here, as the gateway says. */
export interface Session {
  readonly subject: string
  readonly user: string
  readonly role: "admin" | "operator" | "viewer"
  /** Whose processes one may end. A button that would be denied is not shown; what decides is the policy. */
  readonly kill: "own" | "all"
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Nothing, where nobody has. Fails where there is no gateway. */
export const fetchSession = async (): Promise<Session | undefined> => {
  const response = await fetch("/session", { headers: { accept: "application/json" } })
  return response.ok ? ((await response.json()) as Session) : undefined
}

export const logOut = async (): Promise<void> => {
  await fetch("/logout", { method: "POST" })
  location.replace("/login")
}
