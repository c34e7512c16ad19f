import type { ProcessError, ProcessId, StreamOffsets, Unread } from "@spawnbroker/protocol"
import { spawnDefaults } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Session } from "../connection/connect-session.ts"
import { noMessages } from "../messages/make-messages.ts"
import { checkChunks } from "../options.ts"
import type { InvalidUtf8 } from "../process/decode-text.ts"
import { LazyHandle } from "../process/LazyHandle.ts"
import type { ChunkMemory } from "../process/Incoming.ts"
import type { ProcessHandle } from "../process/ProcessHandle.ts"
import { release } from "./release.ts"

/** How a process that is there already is looked at. What is absent has the default. */
export interface AttachOptions {
  /**
   * Whether what the broker has kept of its output comes first (see `replayBytes`), or only what is still to come.
   * @default true
   */
  readonly replay?: boolean | undefined
  /**
   * Where streams go on: what the `offsets` of an earlier handle said. Of a stream that is named here exactly what follows
   * comes, whatever `replay` says, as far as it is still kept: `gone` tells how many bytes are not.
   *
   * **Errors**: `InvalidArgument` for a place that the stream has not come to.
   */
  readonly from?: { readonly [Stream in keyof StreamOffsets]?: number | undefined } | undefined
  /**
   * Bytes of each output stream that are held while this handle does not read.
   * @default 1 MiB
   */
  readonly windowBytes?: number | undefined
  /**
   * As for a spawn. A client that only observes never holds a process up: for it this is always `tail`.
   * @default "auto"
   */
  readonly unread?: Unread | undefined
  /**
   * As for a spawn: whether the chunks of this handle are yours to keep.
   * @default "own"
   */
  readonly chunks?: ChunkMemory | undefined
  /** @default "replace" */
  readonly invalidUtf8?: InvalidUtf8 | undefined
}

/** Another handle on a process. When the scope closes, the handle ends and the process goes on. */
export const attach = (
  session: Session,
  id: ProcessId,
  options: AttachOptions
): Effect.Effect<ProcessHandle, ProcessError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { replay = true, invalidUtf8 = "replace", chunks = "own" } = options
      const mistake = checkChunks(chunks)
      if (mistake !== undefined) return yield* mistake
      const { windowBytes = spawnDefaults.windowBytes, unread = spawnDefaults.unread } = options
      const from = placesIn(options.from)
      const { channel, process } = session.openChannel(windowBytes)
      const letGo = release(session, channel, process)
      const { info, inputs, outputs } = yield* restore(
        session.call.attach({ channel, id, replay, ...(from && { from }), windowBytes, unread })
      ).pipe(Effect.onError(() => letGo))
      yield* Effect.addFinalizer(() => letGo)
      process.open(inputs, [])
      for (const output of outputs) process.openAt(output)
      return new LazyHandle({ session, channel, info, process, invalidUtf8, chunks, messages: () => noMessages })
    })
  )

const placesIn = (from: AttachOptions["from"]): Partial<StreamOffsets> | undefined =>
  from && Object.fromEntries(Object.entries(from).filter(([, offset]) => offset !== undefined))
