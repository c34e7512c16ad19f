import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Board } from "../board/Board.ts"
import type { Gauge } from "../board/Gauge.ts"

/** What a screen shows, and what it may ask for. */
export interface Scene {
  readonly board: Board
  readonly gauge: Gauge
  /** Ends everything: somebody pressed Ctrl-C where no signal comes of it. */
  readonly quit: () => void
}

/** A way to show the work while it goes on. It shows until the scope closes. */
export type Screen = (scene: Scene) => Effect.Effect<void, never, Scope.Scope>
