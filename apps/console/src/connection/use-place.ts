/** Where one is: behind the `#`, so that it can be linked to, and the browser's back does what it says. */
import { useSyncExternalStore } from "react"

const subscribe = (listener: () => void): (() => void) => {
  addEventListener("hashchange", listener)
  return () => removeEventListener("hashchange", listener)
}

export const usePlace = (): ReadonlyArray<string> => {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  return hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent)
}

export const goTo = (...place: ReadonlyArray<string>): void => {
  location.hash = `/${place.map(encodeURIComponent).join("/")}`
}
