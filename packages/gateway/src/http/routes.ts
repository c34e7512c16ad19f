/** What the gateway answers, by path. */
import { BrokerUnavailable } from "@spawnbroker/protocol"
import type { IncomingMessage } from "node:http"
import { type Caller, type Denial, isDenial } from "../access/Callers.ts"
import type { FailedLogins } from "../access/FailedLogins.ts"
import type { StaticFiles } from "../console/StaticFiles.ts"
import type { LoginCodes } from "../users/LoginCodes.ts"
import type { LoginSessions } from "../users/LoginSessions.ts"
import type { SessionCookie } from "../users/SessionCookie.ts"
import { type Answer, json, redirect, text } from "./Answer.ts"
import { readJson } from "./read-body.ts"

export interface Call {
  readonly request: IncomingMessage
  readonly caller: Caller | Denial
  /** Whether a page of ours asks. */
  readonly isOwnPage: boolean
}

export interface Route {
  readonly method: "GET" | "POST"
  readonly path: string
  /**
   * Who may ask: nobody in particular; somebody with a token or a session; somebody who may see everybody's processes; an admin who has
   * logged in.
   */
  readonly for: "anybody" | "somebody" | "observer" | "admin"
  readonly answer: (call: Call) => Answer | Promise<Answer>
}

export interface RouteOptions {
  readonly codes: LoginCodes
  readonly sessions: LoginSessions
  readonly cookie: SessionCookie
  readonly failures: FailedLogins
  readonly isReady: () => Promise<boolean>
  readonly metrics: (() => Promise<string>) | undefined
  readonly pages: StaticFiles
  readonly log: (message: string) => void
  /** Into the audit of the broker. */
  readonly note: (act: "log in" | "log out" | "log in failed", who: { by?: string; target: string }) => void
  readonly admin: ReadonlyArray<Route>
}

export const makeRoutes = (options: RouteOptions): ReadonlyArray<Route> => {
  const { isReady, metrics, pages } = options
  const page = (path: string, file: string): Route => ({
    method: "GET",
    path,
    for: "anybody",
    answer: () => pages.find(file)!
  })
  return [
    { method: "GET", path: "/health/live", for: "anybody", answer: () => json({ status: "live" }) },
    {
      method: "GET",
      path: "/health/ready",
      for: "anybody",
      answer: async () => ((await isReady()) ? json({ status: "ready" }) : json({ status: "unavailable" }, 503))
    },
    {
      method: "GET",
      path: "/metrics",
      for: "observer",
      answer: async () => {
        if (metrics === undefined) return text(404, "No metrics are kept. See the gateway's option `metrics`.")
        const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" }
        return { status: 200, headers, body: await metrics() }
      }
    },
    page("/login", "/login.html"),
    page("/login.js", "/login.js"),
    page("/login.css", "/login.css"),
    { method: "POST", path: "/login", for: "anybody", answer: (call) => login(call, options) },
    { method: "POST", path: "/logout", for: "somebody", answer: (call) => logout(call, options) },
    { method: "GET", path: "/session", for: "somebody", answer: describe },
    ...options.admin
  ]
}

const login = async ({ request, isOwnPage }: Call, { codes, sessions, cookie, failures, log, note }: RouteOptions) => {
  if (!isOwnPage) return text(403, "Only the page of the log-in may log in.")
  const address = request.socket.remoteAddress ?? ""
  const body = (await readJson(request)) as { readonly code?: unknown } | null | undefined
  const user = typeof body?.code === "string" ? codes.take(body.code) : undefined
  if (user === undefined) {
    const seconds = failures.note(address)
    log(`A log-in from ${address} has failed`)
    if (seconds === 0) {
      // After so many of one address each would be a line more of the audit for whoever wants to fill it.
      note("log in failed", { target: address })
      return text(401, "This code is not good, or has been used.")
    }
    return { ...text(429, "There were too many wrong codes."), headers: { "retry-after": String(seconds) } }
  }
  // Who was logged in here before is not any more.
  const previous = cookie.read(request.headers.cookie)
  if (previous !== undefined) sessions.close(previous)
  const { secret, session } = sessions.open(user)
  log(`${user.name} has logged in`)
  note("log in", { by: user.name, target: address })
  const seconds = Math.round((session.expiresAt - Date.now()) / 1000)
  return { status: 204, headers: { "set-cookie": cookie.write(secret, seconds) } }
}

const logout = ({ request, caller, isOwnPage }: Call, { sessions, cookie, log, note }: RouteOptions): Answer => {
  const secret = cookie.read(request.headers.cookie)
  if (!isOwnPage || secret === undefined || isDenial(caller) || caller.session === undefined) {
    return text(403, "Only a page that has logged in can log out.")
  }
  sessions.close(secret)
  log(`${caller.session.user.name} has logged out`)
  note("log out", { by: caller.session.user.name, target: request.socket.remoteAddress ?? "" })
  return { status: 204, headers: { "set-cookie": cookie.clear() } }
}

const describe = ({ caller }: Call): Answer => {
  const { subject, session } = caller as Caller
  return json({
    subject,
    ...(session && {
      user: session.user.name,
      role: session.user.role,
      kill: session.user.kill,
      expiresAt: session.expiresAt
    })
  })
}

/** What is said to somebody who may not ask: a person is shown where to log in. */
export const denied = ({ headers, method }: IncomingMessage, denial: Denial): Answer => {
  if (denial instanceof BrokerUnavailable) return text(503, denial.message)
  return method === "GET" && headers.accept?.includes("text/html") === true
    ? redirect("/login")
    : { ...text(401, "Present a token, or log in."), headers: { "www-authenticate": "Bearer" } }
}
