import type { RefObject } from "react"
import { shortcuts } from "./use-shortcuts.ts"

export const ShortcutHelp = ({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) => (
  <dialog ref={dialog} aria-labelledby="keys-title">
    <h2 id="keys-title">Keys</h2>
    <dl className="keys">
      {shortcuts.map(([keys, what]) => (
        <div key={keys}>
          <dt>
            {keys.split(", ").map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
    <form method="dialog">
      <button autoFocus>Close</button>
    </form>
  </dialog>
)
