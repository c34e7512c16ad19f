import { assert } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import type { Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { homedir } from "node:os"
import { connect, eventually, node, spawnScript, stdoutText, temporaryDirectory, waitForLine } from "../harness.ts"
import { living } from "../leaks.ts"
import type { SpawnerSuiteOptions } from "./spawner.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** A client whose processes are in a sandbox that shows a directory of the test's. */
const sandboxed = (policy: Partial<Policy> = {}) =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const client = yield* connect({ ...policy, sandbox: { read: [directory], ...policy.sandbox } })
    const sh = (script: string, ...args: ReadonlyArray<string>) =>
      client.run("sh", ["-c", script, "sh", ...args], { cwd: directory })
    return { client, directory, sh }
  })

/** A port of the host's loopback on which somebody listens. */
const listening = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer((socket) => socket.end("hello\n"))
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number }
      resume(Effect.succeed({ port, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

const connectTo = (port: number): string =>
  `import("node:net").then(({ connect }) => connect(${port}, "127.0.0.1").on("data", (data) => process.stdout.write(data)).on("error", ({ code }) => console.log(code)))`

/** Why there can be no sandbox on this machine, if there can be none. */
export const whyNoSandbox = (spawner: SpawnerSuiteOptions["spawner"]): Promise<string | undefined> =>
  Broker.start({ spawner }).pipe(
    Effect.flatMap((broker) => broker.mint({ subject: "trial", sandbox: {} })),
    Effect.as(undefined),
    Effect.catchTag("Unsupported", ({ message }) => Effect.succeed(message)),
    Effect.scoped,
    Effect.runPromise
  )

export const sandbox = (it: SuiteIt): void => {
  it.effect("has no network, not even the host's loopback, unless it is granted", () =>
    Effect.gen(function* () {
      const { port } = yield* listening
      const answers = yield* Effect.forEach([false, true], (network) =>
        Effect.gen(function* () {
          const directory = yield* temporaryDirectory
          const client = yield* connect({ sandbox: { read: [directory], network } })
          return (yield* client.run(node, ["-e", connectTo(port)], { cwd: directory })).stdout
        })
      )
      assert.strictEqual(answers[1], "hello\n")
      assert.match(answers[0]!, /^E(CONNREFUSED|NETUNREACH)\n$/)
    })
  )

  it.effect("writes only where the policy lets it", () =>
    Effect.gen(function* () {
      const readable = yield* temporaryDirectory
      const writable = `${readable}/writable`
      mkdirSync(writable)
      const other = yield* temporaryDirectory
      const client = yield* connect({ sandbox: { read: [readable], write: [writable] } })
      const script = `for place in "$@"; do (echo x >"$place/made") 2>/dev/null && echo yes || echo no; done`
      const places = [writable, readable, other, "/usr", "/etc", "/", "/dev", "/tmp"]
      const { stdout } = yield* client.run("sh", ["-c", script, "sh", ...places], { cwd: readable })
      assert.deepStrictEqual(stdout.trim().split("\n"), ["yes", "no", "no", "no", "no", "no", "no", "yes"])
      assert.strictEqual(readFileSync(`${writable}/made`, "utf8"), "x\n")
      for (const place of [readable, other, "/tmp"]) assert.isFalse(existsSync(`${place}/made`))
    })
  )

  it.effect("shows neither the home of the host's user nor what else is on the host's disks", () =>
    Effect.gen(function* () {
      const { sh, directory } = yield* sandboxed()
      const secret = yield* temporaryDirectory
      writeFileSync(`${directory}/shown`, "shown\n")
      writeFileSync(`${secret}/secret`, "secret\n")
      const hidden = [homedir(), secret, "/var", "/run", "/sys", "/etc/shadow", "/etc/ssl/private", "/boot"]
      const script = `cat shown; for place in "$@"; do [ -e "$place" ] && echo "$place"; done; exit 0`
      const { stdout } = yield* sh(script, ...hidden)
      assert.strictEqual(stdout, "shown\n")
    })
  )

  it.effect("has a /tmp of its own, and one that the next process does not find", () =>
    Effect.gen(function* () {
      const { sh, directory } = yield* sandboxed()
      const script = `echo x >/tmp/left; ls /tmp`
      const first = (yield* sh(script)).stdout.trim().split("\n")
      // What is granted is there at its place; nothing else is.
      assert.deepStrictEqual(first.toSorted(), [directory.split("/").at(-1)!, "left"].toSorted())
      assert.notInclude((yield* sh("ls /tmp")).stdout, "left")
    })
  )

  it.effect("shows no processes but its own, and reaches no other", () =>
    Effect.gen(function* () {
      const { client, sh } = yield* sandboxed()
      const outside = yield* (yield* connect()).spawn("sleep", ["1000"])
      const { stdout } = yield* sh(
        `for each in /proc/[0-9]*; do tr '\\0' ' ' <$each/cmdline | cut -c1-6; echo; done; kill ${outside.pid}; kill -9 -1`
      )
      assert.notInclude(stdout, "sleep")
      assert.isTrue((yield* outside.status).running)
      assert.strictEqual(client.subject, "conformance")
    })
  )

  it.effect("has no privileges, and nothing gives it any", () =>
    Effect.gen(function* () {
      const { sh } = yield* sandboxed()
      const { stdout } = yield* sh("grep -E '^(CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs)' /proc/self/status")
      const none = "0000000000000000"
      assert.strictEqual(
        stdout,
        `CapPrm:\t${none}\nCapEff:\t${none}\nCapBnd:\t${none}\nCapAmb:\t${none}\nNoNewPrivs:\t1\n`
      )
    })
  )

  it.effect("leaves its streams, descriptors, environment and exit code as they are", () =>
    Effect.gen(function* () {
      const { client, directory } = yield* sandboxed({ env: { set: ["GREETING"] } })
      const process = yield* spawnScript(client, 'cat; echo "$GREETING" >&3; pwd >&2; exit 77', {
        cwd: directory,
        env: { GREETING: "hello" },
        additionalFds: { 3: "output" }
      })
      yield* process.write("input")
      yield* process.closeStdin
      const [stdout, extra, stderr] = yield* Effect.all(
        [stdoutText(process), textOf(process.getOutputFd(3)), textOf(process.stderr)],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([stdout, extra, stderr], ["input", "hello\n", `${directory}\n`])
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 77 })
    })
  )

  it.effect("a signal reaches the process, and it ends as it would without", () =>
    Effect.gen(function* () {
      const { client, directory } = yield* sandboxed()
      const plain = yield* spawnScript(client, "echo ready; exec sleep 1000", { cwd: directory })
      yield* waitForLine(plain, "ready")
      yield* plain.kill()
      assert.deepStrictEqual(yield* plain.exit, { _tag: "Signaled", signal: "SIGTERM" })
      assert.strictEqual((yield* plain.status).killedBy, "client")

      const careful = yield* spawnScript(
        client,
        `trap 'echo cleaning up; exit 5' TERM; echo ready; while :; do sleep 0.05; done`,
        { cwd: directory }
      )
      yield* waitForLine(careful, "ready")
      yield* careful.kill()
      assert.strictEqual(yield* stdoutText(careful), "cleaning up\n")
      assert.deepStrictEqual(yield* careful.exit, { _tag: "Exited", code: 5 })
    })
  )

  it.effect("a code that looks like a signal's is told as it is, where that signal was not sent", () =>
    Effect.gen(function* () {
      const { sh } = yield* sandboxed()
      assert.deepStrictEqual((yield* sh("exit 129")).exit, { _tag: "Exited", code: 129 })
      assert.deepStrictEqual((yield* sh("kill -SEGV $$")).exit, { _tag: "Exited", code: 139 })
    })
  )

  it.effect("SIGKILL leaves nobody, whatever session or group they are in", () =>
    Effect.gen(function* () {
      const { client, directory } = yield* sandboxed()
      const process = yield* spawnScript(
        client,
        "setsid sh -c 'sleep 1000 & sleep 1000' & sleep 1000 & echo ready; wait",
        {
          cwd: directory
        }
      )
      yield* waitForLine(process, "ready")
      yield* eventually("all of it is there", client.living, (all) => all.length >= 6)
      yield* process.kill({ signal: "SIGKILL" })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGKILL" })
      yield* eventually("nobody lives", client.living, (all) => all.length === 0)
    })
  )

  it.effect("whom a process leaves behind ends with it, and so does it with its parent", () =>
    Effect.gen(function* () {
      const { client, directory } = yield* sandboxed()
      const left = yield* spawnScript(client, "setsid sleep 1000 & exit 3", { cwd: directory })
      assert.deepStrictEqual(yield* left.exit, { _tag: "Exited", code: 3 })
      yield* eventually("nobody lives", client.living, (all) => all.length === 0)

      const orphaned = yield* spawnScript(client, "echo ready; sleep 1000", { cwd: directory })
      yield* waitForLine(orphaned, "ready")
      process.kill(orphaned.pid, "SIGKILL")
      yield* orphaned.exit
      yield* eventually("nobody lives", client.living, (all) => all.length === 0)
      assert.isUndefined(living(orphaned.pid))
    })
  )

  it.effect("a working directory that it does not show is refused, and nothing runs", () =>
    Effect.gen(function* () {
      const { client } = yield* sandboxed()
      const other = yield* temporaryDirectory
      const refused = yield* Effect.flip(client.run("pwd", [], { cwd: other }))
      assert.deepInclude(refused, { _tag: "PermissionDenied", rule: "sandbox" })
      assert.include(refused.message, other)
      assert.include(refused.message, "sandbox.read")
    })
  )

  it.effect("a program out of the system's directories can be run, and goes by its name", () =>
    Effect.gen(function* () {
      const tools = yield* temporaryDirectory
      symlinkSync("/bin/sh", `${tools}/my-shell`)
      writeFileSync(`${tools}/script`, "#!/bin/sh\necho script $0\n", { mode: 0o755 })
      const directory = yield* temporaryDirectory
      const client = yield* connect({
        commands: ["my-shell", "script"].map((command) => ({ command, args: true as const })),
        env: { values: { PATH: `${tools}:/usr/bin:/bin` } },
        sandbox: { read: [directory] }
      })
      const shell = yield* client.run("my-shell", ["-c", "echo $0; ls $1", "name", tools], { cwd: directory })
      assert.strictEqual(shell.exit._tag === "Exited" && shell.exit.code, 0)
      const named = yield* client.run("my-shell", ["-c", "tr '\\0' '\\n' </proc/$$/cmdline | head -1"], {
        cwd: directory
      })
      assert.strictEqual(named.stdout, `${tools}/my-shell\n`)
      const script = yield* client.run("script", [], { cwd: directory })
      assert.strictEqual(script.stdout, `script ${tools}/script\n`)
    })
  )

  it.effect("nothing that a client has loaded runs outside of it", () =>
    Effect.gen(function* () {
      const { client, directory } = yield* sandboxed({ env: { set: ["LD_PRELOAD"] } })
      const env = { LD_PRELOAD: `${directory}/none.so` }
      // One that is not there is complained of by each program that is to load it: by this one, and nobody before it.
      const result = yield* client.run("sh", ["-c", "echo $LD_PRELOAD"], { cwd: directory, env })
      assert.strictEqual(result.stdout, `${directory}/none.so\n`)
      assert.strictEqual(result.stderr.trim().split("\n").length, 1)
    })
  )

  it.effect("limits hold within it, those of the kernel and those that are counted", () =>
    Effect.gen(function* () {
      const { client, sh, directory } = yield* sandboxed({ limits: { openFiles: 16, processes: 5, cpuSeconds: 2 } })
      assert.strictEqual((yield* sh("ulimit -n")).stdout, "16\n")
      const five = yield* client.run("sh", ["-c", "for i in 1 2 3 4; do sleep 0.4 & done; wait"], { cwd: directory })
      assert.isFalse(five.failed)
      const six = yield* sh("for i in 1 2 3 4 5; do sleep 60 & done; wait")
      assert.deepStrictEqual([six.limit, six.exit], ["processes", { _tag: "Signaled", signal: "SIGKILL" }])
      const busy = yield* sh("while :; do :; done")
      assert.deepStrictEqual([busy.limit, busy.killedBy], ["cpuSeconds", "limit"])
    })
  )

  it.effect("its temporary files are no way around the limit of memory", () =>
    Effect.gen(function* () {
      const { sh } = yield* sandboxed({ limits: { memoryBytes: 32 * 1024 * 1024 } })
      const script = `for place in /tmp /dev/shm; do head -c 40000000 /dev/zero >$place/large 2>/dev/null && echo yes || echo no; done`
      assert.strictEqual((yield* sh(script)).stdout, "no\nno\n")
    })
  )

  it.effect("a policy may grant the whole of the disk, to read, and /tmp and processes stay its own", () =>
    Effect.gen(function* () {
      const secret = yield* temporaryDirectory
      const client = yield* connect({ sandbox: { read: ["/"] } })
      const { stdout } = yield* client.run("sh", ["-c", 'ls -d /var "$1" /proc/2 2>/dev/null', "sh", secret], {
        cwd: "/usr"
      })
      assert.deepStrictEqual(stdout.trim().split("\n"), ["/proc/2", "/var"])
      assert.isTrue((yield* client.run("sh", ["-c", "echo x >/var/made"], { cwd: "/usr" })).failed)
    })
  )

  it.effect("stages of a pipeline are each in their own", () =>
    Effect.gen(function* () {
      const { client, directory } = yield* sandboxed()
      const result = yield* client.runPipeline(
        [
          { command: "sh", args: ["-c", "echo $$; echo x >/tmp/left"] },
          { command: "sh", args: ["-c", "cat; ls /tmp"] }
        ].map((stage) => ({ ...stage, options: { cwd: directory } }))
      )
      assert.isFalse(result.failed)
      assert.notInclude(result.stdout, "left")
    })
  )

  it.effect("a program whose path has a = in it is refused, and is no assignment", () =>
    Effect.gen(function* () {
      const tools = yield* temporaryDirectory
      mkdirSync(`${tools}/a=b`)
      writeFileSync(`${tools}/a=b/script`, "#!/bin/sh\necho ran\n", { mode: 0o755 })
      const client = yield* connect({
        commands: [{ command: `${tools}/a=b/script`, args: true }],
        sandbox: { read: [tools] }
      })
      const refused = yield* Effect.flip(client.run(`${tools}/a=b/script`, ["/bin/sh"], { cwd: tools }))
      assert.deepInclude(refused, { _tag: "InvalidArgument", argument: "command" })
    })
  )
}

const textOf = <E>(bytes: Stream.Stream<Uint8Array, E>) => Stream.mkString(Stream.decodeText(bytes))
