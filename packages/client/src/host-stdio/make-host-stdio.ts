import { EAGER_BYTES, type HostFd, type ProcessError, type ProcessId, streamName } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ProcessChannel } from "../connection/ProcessChannel.ts"
import type { Session } from "../connection/connect-session.ts"
import { readBytes } from "../process/read-stream.ts"
import type { HostStdio } from "./HostStdio.ts"

type HostSink = HostStdio["stdout"]

export const makeHostStdio = (session: Session): HostStdio => ({
  stdin: makeStdin(session),
  stdout: makeOutput(session, 1),
  stderr: makeOutput(session, 2)
})

interface Opened {
  readonly process: ProcessChannel
  readonly release: Effect.Effect<void>
}

const open = (session: Session, fd: HostFd): Effect.Effect<Opened, ProcessError> =>
  Effect.uninterruptible(
    Effect.suspend(() => {
      const { channel, process } = session.openChannel(EAGER_BYTES)
      // Of one that is written to, the end says that all of it has been taken.
      process.open(fd === 0 ? [] : [fd], [fd])
      // What has been begun is written, whatever else is over by then.
      if (fd !== 0) process.holdWhileRunning()
      const close = Effect.sync(() => session.closeChannel(channel))
      const release = Effect.ensuring(Effect.ignore(session.call.release({ channel })), close)
      return session.call.openHostStream({ channel, fd }).pipe(
        Effect.as({ process, release }),
        Effect.onError(() => close)
      )
    })
  )

/** Opened by the first who reads, and kept: what is on its way to this client can go to no other. */
const makeStdin = (session: Session): HostStdio["stdin"] => {
  const oneAtATime = Semaphore.makeUnsafe(1)
  let opened: Opened | undefined
  const openOnce = oneAtATime.withPermits(1)(
    Effect.suspend(() =>
      opened === undefined
        ? Effect.tap(open(session, 0), (stream) => Effect.sync(() => (opened = stream)))
        : Effect.succeed(opened)
    )
  )
  return Stream.unwrap(Effect.map(openOnce, ({ process }) => readBytes("stdin", [process.output(0)!])))
}

const makeOutput = (session: Session, fd: HostFd): HostSink =>
  Sink.unwrap(
    Effect.gen(function* () {
      const { process, release } = yield* open(session, fd)
      const input = process.input(fd)!
      const taken = Stream.runDrain(readBytes(streamName(fd), [process.output(fd)!]))
      const finish = yield* Effect.cached(Effect.ensuring(Effect.andThen(input.end, taken), release))
      // Whoever is interrupted does not wait until the rest of it has been read.
      yield* Effect.addFinalizer(() => Effect.forkDetach(Effect.ignore(finish)))
      return Sink.forEach((data: Uint8Array | string) =>
        input.write(nobody, typeof data === "string" ? encoder.encode(data) : data)
      ).pipe(Sink.mapEffect(() => finish))
    })
  )

const encoder = new TextEncoder()

/** An input of a process that has exited says whose it was. The host is none of those. */
const nobody = "host" as ProcessId
