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

/** The address of a place. */
export const hrefOf = (...place: ReadonlyArray<string>): string => `#/${place.map(encodeURIComponent).join("/")}`

export const goTo = (...place: ReadonlyArray<string>): void => {
  location.hash = hrefOf(...place)
}
