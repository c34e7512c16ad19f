import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { installer, runtimes, runtimesFolder } from "./runtimes.ts"

export const benchFolder = fileURLToPath(new URL("../..", import.meta.url))

/** A client that may run hosts, and another that may install the runtimes. */
export const connect = Effect.gen(function* () {
  const broker = yield* Broker.start({ policyWarnings: "ignore" })
  const hosts = yield* broker.mint({
    subject: "bench:hosts",
    commands: Object.values(runtimes).map(({ binary }) => ({ command: binary, args: true })),
    cwd: [benchFolder],
    env: {
      inherit: ["HOME"],
      values: {
        BENCH_NODE: process.execPath,
        DENO_DIR: `${runtimesFolder}/node_modules/.deno`,
        DENO_NO_UPDATE_CHECK: "1"
      }
    }
  })
  const installs = yield* broker.mint({
    subject: "bench:install",
    commands: [{ command: installer.command, args: [installer.args] }],
    cwd: [runtimesFolder],
    // By their names, since no wildcard covers those that matter to it: HOME, proxies, certificates, the registry.
    env: { inherit: Object.keys(process.env) }
  })
  return {
    hosts: yield* Client.connect(yield* broker.openPort(), hosts),
    installs: yield* Client.connect(yield* broker.openPort(), installs)
  }
})
