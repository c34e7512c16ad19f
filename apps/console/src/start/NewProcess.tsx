import type { BackgroundCommand, Explanation } from "@spawnbroker/client"
import { type FormEvent, useEffect, useState } from "react"
import { useDesk, useFacts } from "../connection/use-desk.ts"
import { goTo, usePlace } from "../connection/use-place.ts"
import { joinWords, splitWords } from "./split-words.ts"
import { shellLineOf } from "./start-again.ts"

/** After the last key, before the broker is asked. */
const PAUSE_MS = 250

type Verdict = Explanation | { readonly _tag: "Mistake"; readonly message: string } | undefined

interface Wish {
  readonly command: BackgroundCommand
  readonly cwd?: string
  readonly timeout?: `${number} seconds`
}

const wishOf = (line: string, cwd: string, seconds: string, isShell: boolean): Wish | string => {
  if (line.trim() === "") return ""
  const [command, ...args] = isShell ? [line] : (splitWords(line) ?? [])
  if (command === undefined) return "A quote is not closed."
  return {
    command: isShell ? line : [command, ...args],
    ...(cwd !== "" && { cwd }),
    ...(Number(seconds) > 0 && { timeout: `${Number(seconds)} seconds` })
  }
}

export const NewProcess = () => {
  const desk = useDesk()
  const [, again] = usePlace()
  const { processes, status } = useFacts()
  const isConnecting = status === "connecting"
  const before = processes.find(({ id }) => id === again)
  const shellLine = before && shellLineOf(before)
  const [line, setLine] = useState(() => {
    if (before === undefined) return ""
    return shellLine ?? joinWords([before.command, ...before.args])
  })
  const [cwd, setCwd] = useState(() => before?.cwd ?? "")
  const [seconds, setSeconds] = useState("")
  const [isShell, setShell] = useState(shellLine !== undefined)
  const [verdict, setVerdict] = useState<Verdict>()
  const [problem, setProblem] = useState("")

  useEffect(() => {
    const wish = wishOf(line, cwd, seconds, isShell)
    if (typeof wish === "string") {
      setVerdict(wish === "" ? undefined : { _tag: "Mistake", message: wish })
      return undefined
    }
    // Nobody could answer yet; it is asked once somebody can.
    if (isConnecting) return undefined
    const outdated = new AbortController()
    const timer = setTimeout(() => {
      const [command, ...args] = typeof wish.command === "string" ? [wish.command] : wish.command
      const { cwd: directory } = wish
      desk
        .ask(
          (client) => client.explain(command, args, { cwd: directory, shell: isShell || undefined }),
          outdated.signal
        )
        .then(
          setVerdict,
          (cause: Error) => outdated.signal.aborted || setVerdict({ _tag: "Mistake", message: cause.message })
        )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      outdated.abort()
    }
  }, [desk, isConnecting, line, cwd, seconds, isShell])

  const start = (event: FormEvent): void => {
    event.preventDefault()
    const wish = wishOf(line, cwd, seconds, isShell)
    if (typeof wish === "string") return setProblem(wish)
    const { command, ...options } = wish
    desk
      .ask((client) => client.start(command, { ...options, stdin: "pipe" }))
      .then(
        (id) => goTo("process", id),
        (cause: Error) => setProblem(cause.message)
      )
  }
  return (
    <form className="new" onSubmit={start}>
      <h1>New process</h1>
      <label>
        Command
        <input
          value={line}
          onChange={(event) => setLine(event.target.value)}
          placeholder="git log --oneline"
          spellCheck={false}
          autoFocus
          required
        />
      </label>
      <label className="check">
        <input type="checkbox" checked={isShell} onChange={(event) => setShell(event.target.checked)} /> a line of shell
      </label>
      <label>
        Directory
        <input
          value={cwd}
          onChange={(event) => setCwd(event.target.value)}
          placeholder="the broker's own"
          spellCheck={false}
        />
      </label>
      <label>
        Time limit, in seconds
        <input
          type="number"
          min="0"
          step="any"
          value={seconds}
          onChange={(event) => setSeconds(event.target.value)}
          placeholder="none"
        />
      </label>
      <VerdictText verdict={verdict} />
      <p role="alert" className="problem">
        {problem}
      </p>
      <button disabled={verdict?._tag === "Denied" || verdict?._tag === "Mistake"}>Start</button>
    </form>
  )
}

const VerdictText = ({ verdict }: { readonly verdict: Verdict }) => (
  <div role="status" className="verdict" data-verdict={verdict?._tag}>
    {verdict === undefined && <p className="quiet">What your policy says to it is shown here before you start it.</p>}
    {verdict?._tag === "Allowed" && (
      <>
        <p>Allowed by {verdict.rules.map(({ subject, rule }) => `${rule} of ${subject}`).join(", ")}.</p>
        <dl className="facts">
          <div>
            <dt>File</dt>
            <dd>{verdict.file}</dd>
          </div>
          <div>
            <dt>Directory</dt>
            <dd>{verdict.cwd}</dd>
          </div>
          <div>
            <dt>Variables</dt>
            <dd>{verdict.env.join(" ") || "none"}</dd>
          </div>
        </dl>
      </>
    )}
    {verdict?._tag === "Denied" && <p>{verdict.error.message}</p>}
    {verdict?._tag === "Mistake" && <p>{verdict.message}</p>}
  </div>
)
