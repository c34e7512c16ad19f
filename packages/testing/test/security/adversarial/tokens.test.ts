/** Tokens that are no good, and those that are derived to be better than what they derive from. */
import type { ClientHandle } from "@spawnbroker/client"
import type { Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { attackerPolicy } from "../raw-client.ts"
import { connectWith, type Refusal, refusals, type World } from "./refused.ts"

const twin: Refusal["twin"] = ({ broker, token }) =>
  Effect.flatMap(connectWith(broker, token), (client) => client.run("true", [], { cwd: "/" }))

const forged = (name: string, forge: (token: string, theirs: string) => string): Refusal => ({
  name: `a token ${name}`,
  act: ({ broker, token, theirs }) => connectWith(broker, forge(token, theirs)),
  code: "InvalidToken",
  fields: { reason: "unknown" },
  twin
})

refusals("forged tokens", [
  forged("that is empty", () => ""),
  forged("without its last character", (token) => token.slice(0, -1)),
  forged("with another last character", (token) => `${token.slice(0, -1)}${token.endsWith("A") ? "E" : "A"}`),
  forged("of which only the identifier is right", (token) => `${token.slice(0, 20)}${"A".repeat(43)}`),
  forged("with the identifier of somebody else", (token, theirs) => theirs.slice(0, 20) + token.slice(20)),
  forged("in capitals", (token) => token.toUpperCase()),
  forged("with a NUL at its end", (token) => `${token}\0`),
  forged("with a line end", (token) => `${token}\n`),
  forged("twice", (token) => token + token),
  forged("in another alphabet", (token) => token.replace("sb_", "ѕb_")),
  forged("named like a property of an object", () => "constructor"),
  forged("of no bits", () => `sb_${"0".repeat(16)}_${"A".repeat(43)}`)
])

refusals("tokens that are over", [
  {
    name: "a token that was revoked",
    act: ({ broker, token }) => Effect.andThen(broker.revoke(token), () => connectWith(broker, token)),
    code: "InvalidToken",
    fields: { reason: "revoked" },
    twin: ({ broker }) => Effect.flatMap(broker.mint(attackerPolicy), (token) => connectWith(broker, token))
  },
  {
    name: "a call with a token that was revoked",
    act: ({ broker, token, client }) =>
      Effect.andThen(broker.revoke(token), () => client.run("true", [], { cwd: "/" })),
    code: "InvalidToken",
    fields: { reason: "revoked" },
    twin: ({ broker, theirs }) => connectWith(broker, theirs)
  },
  {
    name: "a token that derives from one that was revoked",
    act: ({ broker, token, client }) =>
      Effect.gen(function* () {
        const derived = yield* client.attenuate(attackerPolicy)
        yield* broker.revoke(token)
        yield* connectWith(broker, derived)
      }),
    code: "InvalidToken",
    fields: { reason: "revoked" },
    twin: ({ broker, theirs }) => connectWith(broker, theirs)
  },
  {
    name: "the token of somebody else, revoked by who holds another",
    act: ({ client, theirs }) => client.revoke(theirs),
    code: "InvalidToken",
    twin: ({ broker, theirs }) => connectWith(broker, theirs)
  }
])

const derived = ({ broker, client }: World, policy: Partial<Policy>) =>
  Effect.flatMap(client.attenuate({ ...attackerPolicy, subject: "derived", ...policy }), (token) =>
    connectWith(broker, token)
  )

const any = (command: string): Partial<Policy> => ({ commands: [{ command, args: true }] })

/** What a derived policy asks for, what its client then does, and who says no. */
const beyond = (
  name: string,
  policy: Partial<Policy>,
  act: (client: ClientHandle, world: World) => Effect.Effect<unknown, unknown, any>,
  rule: string,
  parent: Partial<Policy> = {}
): Refusal => ({
  name: `a derived token ${name}`,
  policy: parent,
  act: (world) => Effect.flatMap(derived(world, policy), (client) => act(client, world)),
  code: "PermissionDenied",
  fields: { rule, subject: "attacker" },
  twin: (world) =>
    Effect.flatMap(derived(world, {}), (client) => client.run("true", [], { cwd: parent.cwd?.[0] ?? "/" }))
})

const run =
  (command: string, args: ReadonlyArray<string> = [], options: object = {}) =>
  (client: ClientHandle) =>
    client.run(command, args, { cwd: "/", ...options })

refusals("derived tokens", [
  beyond("with a command more", any("id"), run("id"), "commands"),
  beyond("with the same command by its path", any("/usr/bin/id"), run("/usr/bin/id"), "commands"),
  beyond("with arguments more", any("sh"), run("sh", ["-c", "id"]), "commands[0].args", {
    commands: [{ command: "sh", args: [["--version"]] }, { command: "true" }]
  }),
  beyond("with a shell", { shell: true }, (client) => client.run("id", [], { shell: true, cwd: "/" }), "shell"),
  beyond("without what was denied", any("sleep"), run("sleep", ["0"]), "deny[0]", { deny: ["sleep"] }),
  beyond("with another directory", { ...any("true"), cwd: ["/"] }, run("true", [], { cwd: "/etc" }), "cwd", {
    cwd: ["/tmp"]
  }),
  beyond(
    "with a variable more",
    { env: { set: ["LD_PRELOAD"] } },
    run("true", [], { env: { LD_PRELOAD: "/evil.so" } }),
    "env.set"
  ),
  {
    name: "a derived token with a fixed variable more",
    act: (world) => derived(world, { env: { values: { LD_PRELOAD: "/evil.so" } } }),
    code: "InvalidArgument",
    fields: { argument: "env.values.LD_PRELOAD" },
    twin: (world) => derived(world, { env: { values: {} } })
  },
  beyond(
    "with the host's streams",
    { stdio: { inherit: true } },
    run("true", [], { stdout: "inherit" }),
    "stdio.inherit"
  ),
  {
    name: "a derived token that sees all",
    act: (world) => Effect.flatMap(derived(world, { observe: "all" }), (client) => client.get(world.victim.id)),
    code: "ProcessNotFound",
    twin: ({ client }) => client.list()
  },
  {
    name: "a derived token that signals all",
    act: (world) => Effect.flatMap(derived(world, { kill: "all" }), (client) => client.kill({ id: world.victim.id })),
    code: "ProcessNotFound",
    twin: ({ client }) => client.list()
  },
  {
    name: "a derived token that refers to a secret of the host",
    act: (world) => derived(world, { env: { values: { KEY: { secret: "key" } } } }),
    code: "InvalidArgument",
    fields: { argument: "env.values.KEY" },
    twin: (world) => derived(world, { env: { values: {} } })
  },
  {
    name: "a token that derives from more than seven",
    act: ({ broker, client }) =>
      Effect.gen(function* () {
        let last = client
        for (let link = 0; link < 20; link++) last = yield* connectWith(broker, yield* last.attenuate(attackerPolicy))
      }),
    code: "LimitExceeded",
    fields: { limit: "derivationDepth" },
    twin: (world) => derived(world, {})
  },
  {
    name: "more tokens than one may derive",
    act: ({ client }) => Effect.forEach(Array.from({ length: 300 }), () => client.attenuate(attackerPolicy)),
    code: "LimitExceeded",
    fields: { limit: "derivedTokens" },
    twin: ({ broker, theirs }) => connectWith(broker, theirs)
  },
  {
    name: "a derived policy that is large",
    act: (world) => derived(world, { deny: Array.from({ length: 20_000 }, (_, at) => `command-${at}`) }),
    code: "LimitExceeded",
    fields: { limit: "policyBytes" },
    twin: (world) => derived(world, { deny: ["rm"] })
  }
])
