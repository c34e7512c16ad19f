import type { ProcessError } from "@spawnbroker/protocol"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"

/**
 * The standard streams of the host's own process: the one in which the broker runs, wherever this client is. Only where the
 * policy has `stdio: { inherit: true }`.
 *
 * **Errors**: `PermissionDenied` with the rule `stdio.inherit`.
 */
export interface HostStdio {
  /**
   * What the host reads, from where it stands. Nothing is taken of it before somebody reads, and then no more than 64 KiB
   * ahead.
   *
   * One client at a time: the first who reads has it until its connection ends, since what is on its way to one cannot go to
   * another. Whoever reads next through the same client goes on where the last one stopped. It shares the stream with the
   * host's own code (`process.stdin`) and with processes that inherit it: each byte goes to one of them.
   *
   * **Errors**: `InvalidArgument` while another client has it, or another reader. **Interruption**: nothing is taken.
   */
  readonly stdin: Stream.Stream<Uint8Array, ProcessError>
  /**
   * Writes all it is given, and is done once the system has taken it. The stream itself is never closed. Chunks of several
   * writers may be mixed, also with what the host's own code prints.
   *
   * **Errors**: `Io` with the errno, such as `EPIPE` where nobody reads it any more; the host itself goes on.
   * **Interruption**: what was accepted before is written.
   */
  readonly stdout: Sink.Sink<void, Uint8Array | string, never, ProcessError>
  /** The same of stderr. */
  readonly stderr: Sink.Sink<void, Uint8Array | string, never, ProcessError>
}
