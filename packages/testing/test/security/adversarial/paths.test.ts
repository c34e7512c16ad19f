/** What is run, and where: names, paths, links and directories. */
import type { Policy } from "@spawnbroker/protocol"
import { linkSync, mkdirSync, symlinkSync } from "node:fs"
import { type Attack, attacks, type Place } from "./attack.ts"

const echo = { command: "echo", args: ["served"] }
const granted: Partial<Policy> = { commands: [{ command: "echo", args: [["served"]] }] }
const twin = (): typeof echo => echo

/** Programs of the client's in its own directory, under names that are granted. */
const decoys = (place: Place): void => {
  place.program("echo")
  place.program("tool")
  mkdirSync(place.path("below"))
}

const named = (name: string, command: (place: Place) => string, rest: Partial<Attack> = {}): Attack => ({
  name,
  policy: () => granted,
  act: (place) => ({ command: command(place), args: ["served"] }),
  code: "PermissionDenied",
  ...(rest.code === undefined && { rule: "commands" }),
  twin,
  prints: "served",
  prepare: decoys,
  ...rest
})

const path = (name: string, value: (place: Place) => string): Attack =>
  named(name, () => "tool", {
    policy: (place) => ({
      commands: [{ command: "tool" }, { command: "echo", args: true }],
      env: { values: { PATH: `${value(place)}:/usr/bin:/bin` } }
    }),
    act: () => ({ command: "tool" }),
    code: "NotFound"
  })

const cwd = (name: string, directory: (place: Place) => string, prepare: (place: Place) => void = decoys): Attack => ({
  name,
  policy: (place) => ({ ...granted, cwd: [place.path("below")] }),
  act: (place) => ({ ...echo, options: { cwd: directory(place) } }),
  code: "PermissionDenied",
  rule: "cwd",
  twin: (place) => ({ ...echo, options: { cwd: place.path("below") } }),
  prints: "served",
  prepare
})

const nul = (name: string, act: Attack["act"], rule: string): Attack =>
  named(name, () => "", { act, code: "InvalidArgument", rule })

const root = { env: { values: { PATH: "/usr/bin:/bin" } } }

attacks("names and paths", [
  named("a program of the same name in the working directory", () => "./echo"),
  named("the same by its whole path", (p) => p.path("echo")),
  named("a path with `..` to it", (p) => `/usr/bin/../..${p.path("echo")}`),
  named("a path with a double slash", (p) => `/${p.path("echo")}`),
  named("a name with a slash at its end", () => "echo/"),
  named("a name with a dot in front", () => "./../echo"),
  named("a name in other letters", () => "ECHO"),
  named("a name with a space", () => "echo "),
  named("a name with a line end", () => "echo\n"),
  named("a name with its arguments", () => "echo served"),
  named("a name in letters that look the same", () => "ech\u043e"),
  named("a name that is normalised to it", () => "e\u0301cho"),
  named("a name of full width", () => "\uff45\uff43\uff48\uff4f"),
  named("a name that begins with a dash", () => "-echo"),
  named("a pattern of names", () => "ech?"),
  named("a home", () => "~/echo"),
  named("a variable", () => "$SHELL"),
  named("the broker's own program", () => "/proc/self/exe"),
  named("a descriptor of the broker", () => "/dev/fd/0"),
  named("the dynamic loader", () => "/lib64/ld-linux-x86-64.so.2"),
  named("a link with the name of a granted program", (p) => p.path("below/echo"), {
    prepare: (p) => {
      decoys(p)
      symlinkSync(p.path("tool"), p.path("below/echo"))
    }
  }),
  named("a hard link with the name of a granted program", (p) => p.path("below/echo"), {
    prepare: (p) => {
      decoys(p)
      linkSync(p.path("tool"), p.path("below/echo"))
    }
  }),
  named("a program that is denied by another name", (p) => p.path("below/echo2"), {
    policy: (p) => ({
      commands: [
        { command: p.path("below/echo2"), args: true },
        { command: "echo", args: true }
      ],
      deny: ["touch"]
    }),
    rule: "deny[0]",
    prepare: (p) => {
      decoys(p)
      symlinkSync("/usr/bin/touch", p.path("below/echo2"))
    },
    act: (p) => ({ command: p.path("below/echo2"), args: [p.canary] }),
    real: (p) => ({ commands: [{ command: p.path("below/echo2"), args: true }] })
  }),
  named("another program of a file of many", () => "busybox", {
    policy: () => ({ commands: [{ command: "busybox", args: [["true"]] }, ...granted.commands!] }),
    act: (p) => ({ command: "busybox", args: ["sh", "-c", `touch ${p.canary}`] }),
    rule: "commands[0].args"
  }),
  nul("a NUL in a name", () => ({ command: "echo\0tool" }), "command"),
  nul("a NUL in an argument", () => ({ command: "echo", args: ["served\0tool"] }), "args[0]"),
  nul("a NUL in a directory", (p) => ({ ...echo, options: { cwd: `${p.root}\0/etc` } }), "cwd"),
  nul("an empty name", () => ({ command: "" }), "command"),
  path("an empty element of PATH", () => ""),
  path("a dot in PATH", () => "."),
  path("a relative directory in PATH", () => "below/.."),
  named("a PATH of the client's", () => "tool", {
    policy: () => ({ ...granted, ...root, commands: [{ command: "tool" }, ...granted.commands!] }),
    act: (p) => ({ command: "tool", options: { env: { PATH: p.root } } }),
    code: "NotFound"
  })
])

attacks("working directories", [
  cwd("the directory above", (p) => p.root),
  cwd("`..` out of the root", (p) => p.path("below/..")),
  cwd("`..` that goes through the root", (p) => p.path("below/../../..")),
  cwd(
    "a directory whose name begins as the root's",
    (p) => p.path("below-not"),
    (p) => {
      decoys(p)
      mkdirSync(p.path("below-not"))
    }
  ),
  cwd(
    "a link in the root that leads out",
    (p) => p.path("below/out"),
    (p) => {
      decoys(p)
      symlinkSync("/etc", p.path("below/out"))
    }
  ),
  cwd(
    "a link to a link that leads out",
    (p) => p.path("below/out"),
    (p) => {
      decoys(p)
      symlinkSync("/etc", p.path("out"))
      symlinkSync(p.path("out"), p.path("below/out"))
    }
  ),
  cwd(
    "a directory behind a link that leads out",
    (p) => p.path("below/out/ssl"),
    (p) => {
      decoys(p)
      symlinkSync("/etc", p.path("below/out"))
    }
  ),
  cwd("a directory that is not there, out of the root", () => "/no/such/directory"),
  cwd(
    "the root's own name in other letters",
    (p) => p.path("BELOW"),
    (p) => {
      decoys(p)
      mkdirSync(p.path("BELOW"))
    }
  ),
  cwd("the directory of the broker's process", () => "/proc/self/cwd"),
  cwd("a relative path", () => "../../../../etc"),
  cwd("a trailing slash and a dot", (p) => `${p.root}/./`)
])
