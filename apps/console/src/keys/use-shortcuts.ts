/** What one key does, wherever one is, but in a field that one types into. */
import { useEffect, useEffectEvent } from "react"
import { goTo } from "../connection/use-place.ts"

/** As the help shows them. */
export const shortcuts = [
  ["?", "this help"],
  ["/", "to the filter, or the search, of the view"],
  ["n", "a new process"],
  ["p", "the processes"],
  ["h", "the history"],
  ["d", "the daemons"],
  ["e", "the events"],
  ["j, k, ↓, ↑", "the next row, the one before"],
  ["Enter", "opens the row"],
  ["Escape", "out of a field; out of a process, back to the table"]
] as const

const places: Readonly<Record<string, string>> = { n: "new", p: "", h: "history", d: "daemons", e: "events" }

export const useShortcuts = (onHelp: () => void): void => {
  const press = useEffectEvent((event: KeyboardEvent): void => {
    const { key, target, ctrlKey, metaKey, altKey, defaultPrevented } = event
    if (ctrlKey || metaKey || altKey || defaultPrevented || document.querySelector("dialog[open]") !== null) return
    const isHandled = isField(target) ? leaveField(key, target) : act(key, onHelp)
    if (isHandled) event.preventDefault()
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => press(event)
    document.addEventListener("keydown", listener)
    return () => document.removeEventListener("keydown", listener)
  }, [])
}

const isField = (target: EventTarget | null): target is HTMLElement =>
  target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select")

const leaveField = (key: string, field: HTMLElement): boolean => {
  if (key === "Escape") field.blur()
  return key === "Escape"
}

const act = (key: string, onHelp: () => void): boolean => {
  const place = places[key]
  if (key === "?") onHelp()
  else if (key === "/") document.querySelector<HTMLElement>("main input[type=search]")?.focus()
  else if (place !== undefined) goTo(place)
  else if (key === "j" || key === "k") return moveTo(key === "j" ? 1 : -1, true)
  else if (key === "ArrowDown" || key === "ArrowUp") return moveTo(key === "ArrowDown" ? 1 : -1, false)
  else if (key === "Escape" && location.hash.startsWith("#/process/")) goTo("")
  else return false
  return true
}

/** To the row after, or before, the one that has the focus. Arrows scroll where none has it. */
const moveTo = (step: 1 | -1, begins: boolean): boolean => {
  const rows = [...document.querySelectorAll<HTMLElement>("main tr.row a")]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  if (at < 0 && !begins) return false
  const next = at < 0 ? rows.find(isInView) : rows[at + step]
  next?.focus({ preventScroll: true })
  next?.closest("tr")?.scrollIntoView({ block: "nearest" })
  return true
}

/** Rows that cannot be seen are there, too: see `useWindow`. */
const isInView = (row: HTMLElement): boolean => {
  const around = row.closest(".scroller")?.getBoundingClientRect()
  return around === undefined || row.getBoundingClientRect().top >= around.top + HEAD_HEIGHT
}

/** Of a table, which stays where it is. */
const HEAD_HEIGHT = 30
