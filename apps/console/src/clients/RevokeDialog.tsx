import { useEffect, useRef, useState } from "react"
import { revokeToken } from "../connection/ask-admin.ts"
import type { GoodToken } from "./shapes.ts"

interface RevokeDialogProps {
  readonly token: GoodToken
  readonly onClose: () => void
}

/** Asks whether one means it, and ends a token if so. */
export const RevokeDialog = ({ token: { id, subject, sessions, processes }, onClose }: RevokeDialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [kills, setKills] = useState(false)
  const [problem, setProblem] = useState("")
  const [isBusy, setBusy] = useState(false)
  useEffect(() => dialog.current?.showModal(), [])
  const revoke = (): void => {
    setBusy(true)
    revokeToken(id, kills).then(onClose, (cause: Error) => {
      setBusy(false)
      setProblem(cause.message)
    })
  }
  return (
    <dialog ref={dialog} className="ask" aria-labelledby="revoking" onClose={onClose}>
      <h1 id="revoking">Revoke the token of {subject}?</h1>
      <p>
        Its sessions ({sessions} now) end at once, and so does every token that was derived from it. It cannot be
        undone.
      </p>
      {/^user:[^/]*$/.test(subject) && <p>This user can log in no more until the gateway is started again.</p>}
      <label className="check">
        <input type="checkbox" checked={kills} onChange={({ target }) => setKills(target.checked)} />
        End its processes, too ({processes} now)
      </label>
      <p role="alert" className="problem">
        {problem}
      </p>
      <div className="tools">
        <button type="button" disabled={isBusy} onClick={revoke}>
          Revoke it
        </button>
        <button type="button" onClick={onClose}>
          Keep it
        </button>
      </div>
    </dialog>
  )
}
