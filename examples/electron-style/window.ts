/** The page of a window. What it may run is in its token; the two windows run the same script. */
import { Client } from "@spawnbroker/client"
import { fromRendererPort } from "@spawnbroker/client/ports"
import { ipcRenderer, type IpcRendererEvent, MessageChannel } from "@spawnbroker/testing/electron"
import * as Effect from "effect/Effect"

const say = (line: string) => Effect.sync(() => ipcRenderer.send("line", line))

const commands: ReadonlyArray<readonly [command: string, ...args: ReadonlyArray<string>]> = [
  ["wc", "-w"],
  ["sort", "-r"]
]

const work = (event: IpcRendererEvent, token: string) =>
  Effect.gen(function* () {
    // In a real renderer the second argument is left out: `MessageChannel` is the window's own.
    const client = yield* Client.connect(fromRendererPort(event.ports[0]!, MessageChannel), token)
    yield* say(`connected as "${client.subject}"`)
    for (const [command, ...args] of commands) {
      yield* client.run(command, args, { stdin: "one\ntwo\nthree\n" }).pipe(
        Effect.flatMap(({ stdout }) => say(`${command} says ${JSON.stringify(stdout.trim())}`)),
        Effect.catchTag("PermissionDenied", ({ message }) => say(`denied: ${message}`))
      )
    }
    // Ends with this page, however that goes.
    yield* client.spawn("sleep", ["1000"])
    ipcRenderer.send("done")
    return yield* Effect.never
  }).pipe(Effect.scoped)

ipcRenderer.on("broker", (event: IpcRendererEvent, { token }: { readonly token: string }) => {
  Effect.runFork(work(event, token))
})
