import { InvalidArgument } from "@spawnbroker/protocol"
import type { ProcessHandle } from "../process/ProcessHandle.ts"
import type { ProcessInput } from "./ProcessInput.ts"
import { toPromise } from "./to-promise.ts"

export const makeInput = (handle: ProcessHandle, stop: AbortSignal): ProcessInput => {
  let writable: WritableStream<Uint8Array | string> | undefined
  const input: ProcessInput = {
    write: async (data) => {
      if (typeof data === "string" || data instanceof Uint8Array) return toPromise(handle.write(data), { signal: stop })
      throw new InvalidArgument({ argument: "data", problem: "text or a Uint8Array is expected" })
    },
    end: () => toPromise(handle.closeStdin, { signal: stop }),
    get writable() {
      return (writable ??= new WritableStream({
        write: async (data) => void (await input.write(data)),
        close: input.end,
        abort: input.end
      }))
    }
  }
  return input
}
