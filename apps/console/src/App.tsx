import { useEffect, useRef, useState } from "react"
import { Audit } from "./audit/Audit.tsx"
import { Clients } from "./clients/Clients.tsx"
import { Desk } from "./connection/Desk.ts"
import { fetchSession, logOut, type Session } from "./connection/Session.ts"
import { DeskContext, useFacts } from "./connection/use-desk.ts"
import { SessionContext } from "./connection/use-may-end.ts"
import { usePlace } from "./connection/use-place.ts"
import { Daemons } from "./daemons/Daemons.tsx"
import { Events } from "./events/Events.tsx"
import { HistoryView } from "./history/HistoryView.tsx"
import { ShortcutHelp } from "./keys/ShortcutHelp.tsx"
import { useShortcuts } from "./keys/use-shortcuts.ts"
import { Health } from "./health/Health.tsx"
import { ProcessTable } from "./processes/ProcessTable.tsx"
import { ProcessView } from "./process/ProcessView.tsx"
import { NewProcess } from "./start/NewProcess.tsx"
import { ThemeChoice } from "./theme/ThemeChoice.tsx"

type Login = Session | "asking" | "unreachable"

export const App = () => {
  const [login, setLogin] = useState<Login>("asking")
  const [desk, setDesk] = useState<Desk>()
  useEffect(() => {
    fetchSession().then(
      (session) => (session === undefined ? location.replace("/login") : setLogin(session)),
      () => setLogin("unreachable")
    )
  }, [])
  const isIn = typeof login === "object"
  useEffect(() => {
    if (!isIn) return undefined
    const made = new Desk()
    setDesk(made)
    return () => made.close()
  }, [isIn])
  if (login === "unreachable")
    return <Notice title="The gateway cannot be reached" text="Is it still running? Reload once it is." />
  if (!isIn || desk === undefined) return <Notice title="One moment" text="Asking who you are." />
  return (
    <DeskContext value={desk}>
      <SessionContext value={login}>
        <Shell session={login} />
      </SessionContext>
    </DeskContext>
  )
}

const views = [
  ["", "Processes"],
  ["new", "New process"],
  ["history", "History"],
  ["daemons", "Daemons"],
  ["events", "Events"]
] as const

/** Of powers that only the host has, which the gateway offers to admins. */
const adminViews = [
  ["clients", "Clients"],
  ["health", "Health"],
  ["audit", "Audit"]
] as const

const Shell = ({ session }: { readonly session: Session }) => {
  const [view = "", id] = usePlace()
  const { status } = useFacts()
  const help = useRef<HTMLDialogElement>(null)
  useShortcuts(() => help.current?.showModal())
  const isAdmin = session.role === "admin"
  if (status === "denied") {
    return (
      <Notice title="You are logged out" text="Your log-in has ended, or was ended.">
        <a className="button" href="/login">
          Log in again
        </a>
      </Notice>
    )
  }
  return (
    <>
      <header className="bar">
        <a className="name" href="#/">
          Spawnbroker
        </a>
        <nav aria-label="Views">
          {[...views, ...(isAdmin ? adminViews : [])].map(([path, name]) => (
            <a key={path} href={`#/${path}`} aria-current={path === view ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span className="who">
          {session.user} <span className="quiet">({session.role})</span>
        </span>
        <ThemeChoice />
        <button
          type="button"
          className="keys-button"
          aria-label="Keys"
          title="Keys (?)"
          onClick={() => help.current?.showModal()}
        >
          ?
        </button>
        <button type="button" onClick={() => void logOut()}>
          Log out
        </button>
      </header>
      <div role="status" className="connection" data-status={status}>
        {status === "connecting" && "Connecting …"}
        {status === "lost" &&
          "The connection is lost. What is shown is as it was; it goes on by itself once the gateway is back."}
      </div>
      <main>
        {view === "process" && id !== undefined ? (
          <ProcessView key={id} id={id} />
        ) : view === "new" ? (
          <NewProcess />
        ) : view === "history" ? (
          <HistoryView />
        ) : view === "daemons" ? (
          <Daemons />
        ) : view === "events" ? (
          <Events />
        ) : isAdmin && view === "clients" ? (
          <Clients />
        ) : isAdmin && view === "health" ? (
          <Health />
        ) : isAdmin && view === "audit" ? (
          <Audit />
        ) : (
          <ProcessTable />
        )}
      </main>
      <ShortcutHelp dialog={help} />
    </>
  )
}

interface NoticeProps {
  readonly title: string
  readonly text: string
  readonly children?: React.ReactNode
}

const Notice = ({ title, text, children }: NoticeProps) => (
  <main className="notice">
    <h1>{title}</h1>
    <p>{text}</p>
    {children}
  </main>
)
