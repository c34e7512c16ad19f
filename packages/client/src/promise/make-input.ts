import { InvalidArgument } from "@spawnbroker/protocol"
import type { ProcessHandle } from "../process/ProcessHandle.ts"
import type { ProcessInput } from "./ProcessInput.ts"
import { toPromise } from "./to-promise.ts"

/** An input of a process by its number: 0 for stdin. */
export const makeInput = (handle: ProcessHandle, stop: AbortSignal, fd = 0): ProcessInput => {
  let writable: WritableStream<Uint8Array | string> | undefined
  const input: ProcessInput = {
    write: async (data) => {
      if (typeof data === "string" || data instanceof Uint8Array)
        return toPromise(handle.writeFd(fd, data), { signal: stop })
      throw new InvalidArgument({ argument: "data", problem: "text or a Uint8Array is expected" })
    },
    end: () => toPromise(handle.closeFd(fd), { signal: stop }),
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
