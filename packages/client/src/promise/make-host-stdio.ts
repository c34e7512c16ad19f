import { InvalidArgument } from "@spawnbroker/protocol"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { HostStdio } from "../host-stdio/HostStdio.ts"
import { decoderFor } from "./decoder.ts"
import { Output } from "./Output.ts"
import type { HostOutput, PromiseHostStdio } from "./PromiseHostStdio.ts"
import { toPromise } from "./to-promise.ts"

/** The face of the host's streams. What is under way ends with `scope`. */
export const makeHostStdio = ({ stdin, stdout, stderr }: HostStdio, scope: Scope.Scope): PromiseHostStdio => ({
  // It ends with the connection, which says so itself.
  stdin: new Output(stdin, new AbortController().signal, decoderFor("stdin", "replace")),
  stdout: makeOutput(stdout, scope),
  stderr: makeOutput(stderr, scope)
})

const makeOutput = (sink: HostStdio["stdout"], scope: Scope.Scope): HostOutput => {
  const oneAtATime = Semaphore.makeUnsafe(1)
  return {
    write: async (data) => {
      if (typeof data !== "string" && !(data instanceof Uint8Array)) throw notBytes
      return toPromise(oneAtATime.withPermits(1)(Stream.run(Stream.make(data), sink)), { scope })
    }
  }
}

const notBytes = new InvalidArgument({ argument: "data", problem: "text or a Uint8Array is expected" })
