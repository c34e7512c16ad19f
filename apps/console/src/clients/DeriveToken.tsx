import type { Policy } from "@spawnbroker/client"
import { type FormEvent, useState } from "react"
import { useDesk } from "../connection/use-desk.ts"

const example = JSON.stringify({ subject: "another-program", observe: "own", expires: "1 hour" }, undefined, 2)

interface DeriveTokenProps {
  readonly onDerived: () => void
}

/** A token of one's own with a smaller policy, for another program. It is shown once, and kept nowhere. */
export const DeriveToken = ({ onDerived }: DeriveTokenProps) => {
  const desk = useDesk()
  const [policy, setPolicy] = useState(example)
  const [problem, setProblem] = useState("")
  const [token, setToken] = useState("")
  const derive = (event: FormEvent): void => {
    event.preventDefault()
    setToken("")
    const parsed = parse(policy)
    if (typeof parsed === "string") return setProblem(parsed)
    desk
      .ask((client) => client.attenuate(parsed))
      .then(
        (made) => {
          setProblem("")
          setToken(made)
          onDerived()
        },
        (cause: Error & { readonly _tag?: string }) => setProblem(`${cause._tag ?? cause.name}: ${cause.message}`)
      )
  }
  return (
    <section aria-labelledby="deriving">
      <h1 id="deriving">A token for another program</h1>
      <form className="new" onSubmit={derive}>
        <label>
          Policy, as JSON: what it allows you must have, too
          <textarea
            rows={8}
            spellCheck={false}
            value={policy}
            aria-describedby="deriving-problem"
            aria-invalid={problem !== ""}
            onChange={({ target }) => setPolicy(target.value)}
          />
        </label>
        <p id="deriving-problem" role="alert" className="problem">
          {problem}
        </p>
        <button type="submit">Derive a token</button>
      </form>
      {token !== "" && <NewToken token={token} onForget={() => setToken("")} />}
    </section>
  )
}

const NewToken = ({ token, onForget }: { readonly token: string; readonly onForget: () => void }) => {
  const [copied, setCopied] = useState("")
  const copy = (): void =>
    void navigator.clipboard.writeText(token).then(
      () => setCopied("It is copied."),
      () => setCopied("The browser does not let it be copied; select it.")
    )
  return (
    <div className="verdict" data-verdict="Allowed">
      <p>The new token. It is shown this once: whoever has it may do what its policy says.</p>
      <p>
        <code className="mono" aria-label="The new token">
          {token}
        </code>
      </p>
      <div className="tools">
        <button type="button" onClick={copy}>
          Copy
        </button>
        <button type="button" onClick={onForget}>
          Hide it for good
        </button>
        <span role="status">{copied}</span>
      </div>
    </div>
  )
}

/** A policy, as far as its form goes; the broker says what else is wrong with it. Or why it is none. */
const parse = (text: string): Policy | string => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Policy) : "A policy is a JSON object."
  } catch (cause) {
    return `This is no JSON: ${(cause as Error).message}`
  }
}
