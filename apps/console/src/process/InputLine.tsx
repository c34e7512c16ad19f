import { useState } from "react"

export const InputLine = ({ onLine }: { readonly onLine: (line: string) => void }) => {
  const [line, setLine] = useState("")
  return (
    <form
      className="tools"
      onSubmit={(event) => {
        event.preventDefault()
        onLine(line)
        setLine("")
      }}
    >
      <input
        aria-label="A line for its input"
        placeholder="A line for its input"
        value={line}
        onChange={(event) => setLine(event.target.value)}
      />
      <button>Send line</button>
    </form>
  )
}
