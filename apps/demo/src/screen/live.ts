/**
 * The live picture, drawn with Ink on the terminal's other screen: what was there before comes back at the end.
 *
 * It redraws at a fixed pace from the board, however much happens in between.
 */
import * as Effect from "effect/Effect"
import { Box, render, Text, useInput, useWindowSize } from "ink"
import { isatty } from "node:tty"
import { createElement as h, useEffect, useState } from "react"
import { Header, HEADER_ROWS } from "./Header.ts"
import { Table } from "./Table.ts"
import type { Scene, Screen } from "./Screen.ts"

/** Redrawing costs the main thread some milliseconds each time. */
const FRAMES_PER_SECOND = 8

export const liveScreen: Screen = (scene) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      render(h(Picture, { scene }), {
        alternateScreen: true,
        interactive: true,
        exitOnCtrlC: false,
        patchConsole: false,
        incrementalRendering: true,
        maxFps: FRAMES_PER_SECOND
      })
    ),
    (ink) =>
      Effect.promise(async () => {
        ink.unmount()
        await ink.waitUntilExit()
      })
  ).pipe(Effect.asVoid)

const Picture = ({ scene }: { readonly scene: Scene }) => {
  const { columns, rows } = useWindowSize()
  useFrames()
  useQuitKeys(scene.quit)
  return h(
    Box,
    { flexDirection: "column", width: columns, height: rows, overflow: "hidden" },
    h(Header, { scene, columns }),
    h(Table, { board: scene.board, columns, rows: rows - HEADER_ROWS - FOOTER_ROWS }),
    h(Box, { flexGrow: 1 }),
    h(Text, { dimColor: true, wrap: "truncate-end" }, "q or Ctrl-C ends everything")
  )
}

const FOOTER_ROWS = 1

/** Draws again and again. What is drawn is read from the board at that moment. */
const useFrames = (): void => {
  const [, setFrame] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setFrame((frame) => frame + 1), 1000 / FRAMES_PER_SECOND)
    return () => clearInterval(timer)
  }, [])
}

/** Input may come from elsewhere (`< /dev/null`); then there are signals only. */
const canReadKeys = (): boolean => isatty(process.stdin.fd)

/** Reading keys puts the terminal in raw mode: what is typed is not echoed into the picture, and Ctrl-C is a key. */
const useQuitKeys = (quit: () => void): void =>
  useInput(
    (input, key) => {
      if (input === "q" || (key.ctrl && input === "c")) quit()
    },
    { isActive: canReadKeys() }
  )
