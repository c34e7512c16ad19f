/** What the gateway lets admins do: routes of its own, by the cookie, since no token has these powers. */
import { useCallback, useEffect, useState } from "react"

/** Fails with the gateway's own words. */
const ask = async (path: string, init?: RequestInit): Promise<Response> => {
  const response = await fetch(path, init)
  if (!response.ok) throw new Error((await response.text()).trim() || `The gateway answered ${response.status}.`)
  return response
}

/** Ends a token, and with `kill` what runs by it. */
export const revokeToken = async (id: string, kill: boolean): Promise<void> => {
  const headers = { "content-type": "application/json" }
  await ask("/admin/revoke", { method: "POST", headers, body: JSON.stringify({ id, kill }) })
}

export interface Polled<A> {
  readonly value: A | undefined
  /** Why what is shown is not of now. */
  readonly problem: string
  /** Asks at once. */
  readonly refresh: () => void
}

/** What a route answers, asked again and again while it is shown. */
export const usePolled = <A>(path: string, everyMs: number): Polled<A> => {
  const [value, setValue] = useState<A>()
  const [problem, setProblem] = useState("")
  const [round, setRound] = useState(0)
  useEffect(() => {
    const over = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      try {
        const response = await ask(path, { signal: over.signal })
        const answer = (await response.json()) as A
        if (over.signal.aborted) return
        setValue(answer)
        setProblem("")
      } catch (cause) {
        if (over.signal.aborted) return
        setProblem(`What is shown is as it was: ${(cause as Error).message}`)
      }
      timer = setTimeout(() => void look(), everyMs)
    }
    void look()
    return () => {
      over.abort()
      clearTimeout(timer)
    }
  }, [path, everyMs, round])
  return { value, problem, refresh: useCallback(() => setRound((last) => last + 1), []) }
}
