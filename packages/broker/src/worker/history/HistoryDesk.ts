import { type HistoryOperations, LimitExceeded, type ProcessError, Unsupported } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { Viewer } from "../../history/find-records.ts"
import type { Handlers } from "../session/serve.ts"
import type { History } from "./History.ts"

/** Questions of one connection that may be under way. More would keep others waiting. */
const MAX_QUESTIONS = 4

/** What one connection may ask of the history: a client's, or the host's own. */
export class HistoryDesk {
  readonly #history: History | undefined
  readonly #viewer: Viewer
  #underWay = 0

  constructor(history: History | undefined, viewer: Viewer) {
    this.#history = history
    this.#viewer = viewer
  }

  /** Does something with the history, for this viewer. */
  ask<A>(ask: (history: History, viewer: Viewer) => Effect.Effect<A, ProcessError>): Effect.Effect<A, ProcessError> {
    return Effect.suspend(() => {
      if (this.#history === undefined) return Effect.fail(noHistory)
      if (this.#underWay >= MAX_QUESTIONS) {
        return Effect.fail(new LimitExceeded({ limit: "historyQuestions", maximum: MAX_QUESTIONS }))
      }
      this.#underWay++
      return Effect.ensuring(
        ask(this.#history, this.#viewer),
        Effect.sync(() => this.#underWay--)
      )
    })
  }
}

const noHistory = new Unsupported({
  feature: "a history",
  hint: "This broker keeps none; start it with the option `history`."
})

/** Runs something on the desk of a connection, if it has one now. */
type Within = <A, E>(run: (desk: HistoryDesk) => Effect.Effect<A, E>) => Effect.Effect<A, any>

/** What is done for the operations of the history, of a client or of the host. */
export const historyHandlers = (within: Within): Handlers<HistoryOperations> => ({
  history: (payload) => within((desk) => desk.ask((history, viewer) => history.page(viewer, payload))),
  historyOutput: ({ id }) => within((desk) => desk.ask((history, viewer) => history.outputs(viewer, id)))
})
