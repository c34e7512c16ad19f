import { type RefObject, useEffect, useState } from "react"

/** Rows beyond each edge that are there already when one scrolls. */
const SPARE_ROWS = 12

export interface VisibleRows {
  readonly from: number
  readonly to: number
}

/** Which of many rows of one height can be seen. Only those are made, so that thousands cost no more than a screen of them. */
export const useWindow = (scroller: RefObject<HTMLElement | null>, rows: number, rowHeight: number): VisibleRows => {
  const [{ top, height }, setView] = useState({ top: 0, height: 800 })
  useEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const look = (): void => setView({ top: element.scrollTop, height: element.clientHeight })
    const sizes = new ResizeObserver(look)
    sizes.observe(element)
    element.addEventListener("scroll", look, { passive: true })
    return () => {
      sizes.disconnect()
      element.removeEventListener("scroll", look)
    }
  }, [scroller])
  const first = Math.floor(top / rowHeight)
  return {
    from: Math.max(0, Math.min(first - SPARE_ROWS, rows)),
    to: Math.min(rows, first + Math.ceil(height / rowHeight) + SPARE_ROWS)
  }
}
