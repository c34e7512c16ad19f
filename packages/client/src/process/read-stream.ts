import type { ProcessError } from "@spawnbroker/protocol"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import type { Chunk, ChunkMemory, Incoming } from "./Incoming.ts"
import { takeInOrder } from "./in-order.ts"
import { openReaderIn } from "./Reader.ts"

/**
 * The chunks of one incoming stream, or of several in their order of arrival.
 *
 * **Shape**: whole batches of chunks a pull, as they arrived; no chunk is ever split or joined. `memory` says
 * whose they are: the reader's own, or borrowed, all of a batch, until the next pull or the end of the reader.
 *
 * **Errors**: `InvalidArgument` while another reader has it; whatever ended the connection.
 *
 * **Interruption**: what has not been taken stays for the next reader; what was taken is gone with this one.
 */
export const readChunks = (
  name: string,
  incoming: ReadonlyArray<Incoming>,
  memory: ChunkMemory
): Stream.Stream<Chunk, ProcessError> => readWith(name, incoming, memory, (chunk) => chunk)

/** {@link readChunks}, without a word on where they came from. */
export const readBytes = (
  name: string,
  incoming: ReadonlyArray<Incoming>,
  memory: ChunkMemory = "own"
): Stream.Stream<Uint8Array, ProcessError> => readWith(name, incoming, memory, ({ bytes }) => bytes)

const readWith = <A>(
  name: string,
  incoming: ReadonlyArray<Incoming>,
  memory: ChunkMemory,
  show: (chunk: Chunk) => A
): Stream.Stream<A, ProcessError> =>
  Stream.fromChannel(
    Channel.fromTransformBracket((_upstream, _scope, ownScope) =>
      Effect.map(openReaderIn(ownScope, name, incoming, memory), ({ more }) => {
        const take = (isThere: boolean): Pull.Pull<Arr.NonEmptyReadonlyArray<A>, ProcessError> => {
          const chunks = isThere ? takeInOrder(incoming).map(show) : []
          return Arr.isArrayNonEmpty(chunks) ? Effect.succeed(chunks) : Cause.done()
        }
        return Effect.flatMap(more, take)
      })
    )
  )
