import { Io } from "@spawnbroker/protocol"

/** A function that makes text of bytes that are all there, and fails with `EILSEQ` where that is asked for. */
export const decoderFor = (stream: Io["stream"], invalid: "replace" | "fail" | undefined) => {
  const decoder = new TextDecoder("utf-8", { fatal: invalid === "fail", ignoreBOM: true })
  return (bytes: Uint8Array): string => {
    try {
      return decoder.decode(bytes)
    } catch {
      throw new Io({ operation: "read", stream, errno: "EILSEQ" })
    }
  }
}
