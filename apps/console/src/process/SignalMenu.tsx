import type { Signal } from "@spawnbroker/client"
import { useState } from "react"

const offered: ReadonlyArray<Signal> = [
  "SIGTERM",
  "SIGINT",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGSTOP",
  "SIGCONT",
  "SIGKILL"
]

export const SignalMenu = ({ onSend }: { readonly onSend: (signal: Signal) => void }) => {
  const [signal, setSignal] = useState<Signal>("SIGTERM")
  return (
    <span className="joined">
      <select aria-label="Signal" value={signal} onChange={(event) => setSignal(event.target.value as Signal)}>
        {offered.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <button type="button" onClick={() => onSend(signal)}>
        Send
      </button>
    </span>
  )
}
