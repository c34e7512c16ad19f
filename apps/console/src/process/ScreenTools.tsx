/** What one does with the terminal: search it, pause it, choose the streams, save them. */
import { type RefObject, useState } from "react"
import { showBytes } from "../processes/words.ts"
import type { Screen, ScreenState, Shown } from "./Screen.ts"

const choices: ReadonlyArray<readonly [Shown, string]> = [
  ["both", "stdout and stderr"],
  ["stdout", "stdout only"],
  ["stderr", "stderr only"]
]

interface ScreenToolsProps {
  readonly screen: RefObject<Screen | undefined>
  readonly state: ScreenState
  /** Of the file that is saved, but for its ending. */
  readonly name: string
  /** Whether more may come. */
  readonly isLive: boolean
}

export const ScreenTools = ({ screen, state, name, isLive }: ScreenToolsProps) => (
  <div className="tools" role="group" aria-label="Output on the terminal">
    <SearchField
      found={state.found}
      onFind={(text, direction, isSame) => screen.current?.find(text, direction, isSame)}
    />
    <select
      aria-label="Streams"
      value={state.shown}
      onChange={(event) => screen.current?.select(event.target.value as Shown)}
    >
      {choices.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
    {(isLive || state.isPaused) && (
      <button
        type="button"
        aria-pressed={state.isPaused}
        onClick={() => (state.isPaused ? screen.current?.resume() : screen.current?.pause())}
      >
        {state.isPaused ? `Go on (${showBytes(state.waitingBytes)} more)` : "Pause"}
      </button>
    )}
    <button
      type="button"
      onClick={() => screen.current?.save(state.shown === "both" ? `${name}.txt` : `${name}.${state.shown}.txt`)}
    >
      Save output
    </button>
  </div>
)

interface SearchFieldProps {
  readonly found: ScreenState["found"]
  readonly onFind: (text: string, direction: "next" | "previous", isSame: boolean) => void
}

const SearchField = ({ found, onFind }: SearchFieldProps) => {
  const [text, setText] = useState("")
  return (
    <form
      className="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        onFind(text, "next", true)
      }}
    >
      <input
        type="search"
        aria-label="Search the output"
        placeholder="Search"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          onFind(event.target.value, "next", false)
        }}
      />
      <button
        type="button"
        aria-label="Previous place"
        disabled={text === ""}
        onClick={() => onFind(text, "previous", true)}
      >
        ↑
      </button>
      <button aria-label="Next place" disabled={text === ""}>
        ↓
      </button>
      <output className="quiet">{text !== "" && found !== undefined && wordsOf(found)}</output>
    </form>
  )
}

const wordsOf = ({ place, of }: NonNullable<ScreenState["found"]>): string =>
  of === 0 ? "nothing" : place === 0 ? `${of} places` : `${place} of ${of}`
