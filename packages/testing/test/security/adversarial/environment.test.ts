/** Variables by which a program runs or loads what its command line does not show. */
import type { Policy } from "@spawnbroker/protocol"
import { mkdirSync } from "node:fs"
import { type Act, type Attack, attacks, type Place } from "./attack.ts"

interface Row {
  readonly variable: string
  readonly value: (place: Place) => string
  /** What is run with it, and a program of which the policy knows. */
  readonly act: (place: Place) => Act
  readonly isReal?: boolean
  readonly prepare?: (place: Place) => void
}

const touch = (place: Place): string => `touch ${place.canary}`
const run =
  (command: string, ...args: ReadonlyArray<string>) =>
  (): Act => ({ command, args })
const tool = (place: Place): void => void place.program("tool")
const script = (place: Place): void => void place.file("evil", `${touch(place)}\n`)
const module = (place: Place): void =>
  void place.file("evil.cjs", `require("fs").writeFileSync(${JSON.stringify(place.canary)}, "")\n`)
const repository = (place: Place): void => {
  mkdirSync(place.path(".git/objects"), { recursive: true })
  mkdirSync(place.path(".git/refs"), { recursive: true })
  place.file(".git/HEAD", "ref: refs/heads/main\n")
  place.program("tool")
}

const gitConfig = (place: Place): string => `'core.fsmonitor'='${place.path("tool")}'`

const rows: ReadonlyArray<Row> = [
  { variable: "LD_PRELOAD", value: (p) => p.path("evil.so"), act: run("true") },
  { variable: "LD_AUDIT", value: (p) => p.path("evil.so"), act: run("true") },
  { variable: "LD_LIBRARY_PATH", value: (p) => p.root, act: run("true") },
  { variable: "GCONV_PATH", value: (p) => p.root, act: run("true") },
  { variable: "GLIBC_TUNABLES", value: () => "glibc.malloc.check=3", act: run("true") },
  {
    variable: "NODE_OPTIONS",
    value: () => "--require ./evil.cjs",
    act: run("node", "--print", "1"),
    isReal: true,
    prepare: module
  },
  {
    variable: "NODE_PATH",
    value: (p) => p.root,
    act: run("node", "-r", "evil.cjs", "-p", "1"),
    isReal: true,
    prepare: module
  },
  { variable: "BASH_ENV", value: (p) => p.path("evil"), act: run("bash", "-c", "true"), isReal: true, prepare: script },
  { variable: "BASH_FUNC_true%%", value: (p) => `() { ${touch(p)}; }`, act: run("bash", "-c", "true"), isReal: true },
  { variable: "ENV", value: (p) => p.path("evil"), act: run("sh", "-i", "-c", "true"), isReal: true, prepare: script },
  { variable: "PERL5OPT", value: () => "-Mevil", act: run("perl", "-e", "1") },
  {
    variable: "PERL5LIB",
    value: (p) => p.root,
    act: run("perl", "-Mevil", "-e", "1"),
    isReal: true,
    prepare: (p) => void p.file("evil.pm", `open F, ">", "${p.canary}"; 1`)
  },
  {
    variable: "PYTHONPATH",
    value: (p) => p.root,
    act: run("python3", "-c", "pass"),
    isReal: true,
    prepare: (p) => void p.file("sitecustomize.py", `open(${JSON.stringify(p.canary)}, "w")`)
  },
  {
    variable: "RUBYOPT",
    value: () => "-r./evil",
    act: run("ruby", "-e", "1"),
    isReal: true,
    prepare: (p) => void p.file("evil.rb", `File.write("${p.canary}", "")`)
  },
  { variable: "LUA_INIT", value: (p) => `io.open("${p.canary}", "w")`, act: run("lua5.4", "-e", ""), isReal: true },
  { variable: "GIT_SSH_COMMAND", value: touch, act: run("git", "ls-remote", "host:x"), isReal: true },
  {
    variable: "GIT_SSH",
    value: (p) => p.path("tool"),
    act: run("git", "ls-remote", "host:x"),
    isReal: true,
    prepare: tool
  },
  {
    variable: "GIT_EXEC_PATH",
    value: (p) => p.root,
    act: run("git", "mine"),
    isReal: true,
    prepare: (p) => void p.program("git-mine")
  },
  { variable: "GIT_EXTERNAL_DIFF", value: (p) => p.path("tool"), act: run("git", "diff") },
  { variable: "GIT_CONFIG_PARAMETERS", value: gitConfig, act: run("git", "status"), isReal: true, prepare: repository },
  {
    variable: "GIT_CONFIG_GLOBAL",
    value: (p) => p.file("config", `[core]\n\tfsmonitor = ${p.path("tool")}\n`),
    act: run("git", "status"),
    isReal: true,
    prepare: repository
  },
  {
    variable: "GIT_PROXY_COMMAND",
    value: (p) => p.path("tool"),
    act: run("git", "ls-remote", "git://host/x"),
    isReal: true,
    prepare: tool
  },
  { variable: "GIT_ASKPASS", value: (p) => p.path("tool"), act: run("git", "ls-remote", "https://127.0.0.1:1/") },
  { variable: "GIT_DIR", value: (p) => p.root, act: run("git", "status") },
  {
    variable: "TAR_OPTIONS",
    value: (p) => `--checkpoint=1 --checkpoint-action=exec='${touch(p)}'`,
    act: run("tar", "-cf", "out", "."),
    isReal: true,
    prepare: (p) => void p.file("a")
  },
  {
    variable: "RSYNC_RSH",
    value: (p) => p.path("tool"),
    act: run("rsync", "host:x", "."),
    isReal: true,
    prepare: tool
  },
  { variable: "MAKEFLAGS", value: (p) => `--eval=$(shell\\ touch\\ ${p.canary})`, act: run("make", "build") },
  {
    variable: "HOME",
    value: (p) => (p.file(".gitconfig", `[core]\n\tfsmonitor = ${p.path("tool")}\n`), p.root),
    act: run("git", "status"),
    isReal: true,
    prepare: repository
  },
  {
    variable: "XDG_CONFIG_HOME",
    value: (p) => (
      mkdirSync(p.path("git"), { recursive: true }),
      p.file("git/config", `[core]\n\tfsmonitor = ${p.path("tool")}\n`),
      p.root
    ),
    act: run("git", "status"),
    isReal: true,
    prepare: repository
  },
  {
    variable: "PATH",
    value: (p) => `${p.root}:/usr/bin:/bin`,
    act: run("sh", "-c", "tool"),
    isReal: true,
    prepare: tool
  },
  {
    variable: "RIPGREP_CONFIG_PATH",
    value: (p) => p.file("rg", `--pre=${p.path("tool")}\n`),
    act: run("rg", "x", "a"),
    isReal: true,
    prepare: (p) => void (p.file("a", "x\n"), p.program("tool"))
  },
  { variable: "CURL_HOME", value: (p) => p.root, act: run("curl", "-s", "file:///etc/hostname") },
  { variable: "LESSOPEN", value: (p) => `|${touch(p)}`, act: run("less", "a") },
  { variable: "EDITOR", value: touch, act: run("git", "config", "--global", "-e") },
  { variable: "npm_config_script_shell", value: (p) => p.path("tool"), act: run("npm", "run", "x") },
  { variable: "https_proxy", value: () => "http://evil.example", act: run("curl", "-s", "file:///etc/hostname") },
  { variable: "OPENSSL_CONF", value: (p) => p.path("evil"), act: run("openssl", "version") }
]

/** The command with any arguments, so that it is the variable that decides. A prefix covers no dangerous name. */
const policyOf = ({ command }: Act, set: ReadonlyArray<string>): Partial<Policy> => ({
  commands: [
    { command, args: true },
    { command: "printenv", args: [["CI"]] }
  ],
  env: { set: [...set] }
})

const toAttack = ({ variable, value, act, isReal = false, prepare }: Row): Attack => ({
  name: variable,
  policy: (place) => policyOf(act(place), ["CI", `${variable.slice(0, 3)}*`]),
  act: (place) => ({ ...act(place), options: { env: { [variable]: value(place) } } }),
  code: "PermissionDenied",
  rule: "env.set",
  needs: act({} as Place).command,
  twin: () => ({ command: "printenv", args: ["CI"], options: { env: { CI: "1" } } }),
  prints: "1",
  ...(prepare !== undefined && { prepare }),
  ...(isReal && { real: (place: Place) => policyOf(act(place), [variable]) })
})

attacks("the environment", rows.map(toAttack))
