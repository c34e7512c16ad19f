/**
 * The host without a broker: it starts its processes itself, from its main thread.
 *
 * The one file outside the broker that imports `node:child_process`, since that is what it is measured for.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { measureHost } from "./host.ts"

await measureHost(async ({ command, args }) => {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
  let bytes = 0
  child.stdout.on("data", (chunk: Buffer) => (bytes += chunk.byteLength))
  child.stderr.resume()
  await once(child, "close")
  return bytes
})
