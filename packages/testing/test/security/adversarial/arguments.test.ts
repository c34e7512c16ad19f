/** Programs that run others, by an option or an argument: what is granted is a grammar, so none of it fits. */
import type { ArgumentPattern } from "@spawnbroker/protocol"
import { mkdirSync } from "node:fs"
import { type Attack, attacks, type Place } from "./attack.ts"

interface Row {
  readonly name: string
  readonly command: string
  readonly grammar: ReadonlyArray<ArgumentPattern>
  readonly act: (place: Place) => ReadonlyArray<string>
  readonly twin: (place: Place) => ReadonlyArray<string>
  /** That it gets through without bounds is shown, but for what needs more than is here. */
  readonly isReal?: boolean
  readonly prepare?: (place: Place) => void
}

const rest = { rest: true } as const
const word = { match: "\\w+" } as const
const touch = (place: Place): string => `touch ${place.canary}`

/** A repository with one commit, without running git: an empty one is enough for what is here. */
const repository = (place: Place): void => {
  mkdirSync(place.path(".git/objects"), { recursive: true })
  mkdirSync(place.path(".git/refs"), { recursive: true })
  place.file(".git/HEAD", "ref: refs/heads/main\n")
  place.file(".git/config", "[core]\n\trepositoryformatversion = 0\n")
  place.file("tracked.txt", "text\n")
  place.program("tool")
}

const git = (
  name: string,
  grammar: ReadonlyArray<ArgumentPattern>,
  act: Row["act"],
  twin: ReadonlyArray<string>,
  isReal = true
): Row => ({ name: `git ${name}`, command: "git", grammar, act, twin: () => twin, isReal, prepare: repository })

const status = ["status", { rest: { anyOf: ["--short", "--branch"] } }] as const
const remote = ["ls-remote", { match: "[\\w./]+" }] as const
const bare = ["ls-remote", "."]

const rows: ReadonlyArray<Row> = [
  git("-c core.fsmonitor", status, (p) => ["-c", `core.fsmonitor=${p.path("tool")}`, "status"], ["status", "--short"]),
  git("-c in other letters", status, (p) => ["-c", `CORE.FSMonitor=${p.path("tool")}`, "status"], ["status"]),
  git("-c alias", status, (p) => ["-c", `alias.status2=!${touch(p)}`, "status2"], ["status"]),
  git("-c core.sshCommand", remote, (p) => ["-c", `core.sshCommand=${p.path("tool")}`, "ls-remote", "host:x"], bare),
  git("-c core.pager", status, (p) => ["-c", `core.pager=${touch(p)}`, "-p", "status"], ["status"], false),
  git("-c core.editor", ["status"], (p) => ["-c", `core.editor=${p.path("tool")}`, "config", "-e"], ["status"]),
  git("--config-env", status, () => ["--config-env=core.fsmonitor=EVIL", "status"], ["status"], false),
  git("--exec-path", status, (p) => [`--exec-path=${p.root}`, "status"], ["status"], false),
  git(
    "--exec-path, with a program of its own",
    [word],
    (p) => [`--exec-path=${(p.program("git-mine"), p.root)}`, "mine"],
    ["status"]
  ),
  git("--upload-pack", remote, (p) => ["ls-remote", `--upload-pack=${p.path("tool")}`, "."], bare),
  git("--upload-pack, abbreviated", remote, (p) => ["ls-remote", `--upload-pa=${p.path("tool")}`, "."], bare),
  git(
    "--upload-pack, in two arguments",
    ["ls-remote", { match: "[\\w./]+" }, { match: "[\\w./]+" }],
    (p) => ["ls-remote", "--upload-pack", p.path("tool")],
    ["ls-remote", ".", "x"],
    false
  ),
  git("fetch --upload-pack", ["rev-parse", rest], (p) => ["fetch", `--upload-pack=${p.path("tool")}`, "."], [
    "rev-parse"
  ]),
  git("archive --exec", ["rev-parse", rest], (p) => ["archive", "--remote=.", `--exec=${p.path("tool")}`, "HEAD"], [
    "rev-parse"
  ]),
  git(
    "clone --template with hooks",
    ["rev-parse", rest],
    () => ["clone", "--template=evil", ".", "copy"],
    ["rev-parse"],
    false
  ),
  git(
    "grep --open-files-in-pager",
    ["grep", word],
    (p) => ["grep", "--no-index", `-O${p.path("tool")}`, "text"],
    ["--version"],
    true
  ),
  git(
    "grep, abbreviated",
    ["grep", word],
    (p) => ["grep", "--no-index", `--open=${p.path("tool")}`, "text"],
    ["--version"],
    true
  ),
  git("-C to leave the root", status, () => ["-C", "/", "status"], ["status"], false),
  git("--git-dir", status, () => ["--git-dir=/tmp/other/.git", "status"], ["status"], false),
  git("submodule foreach", [{ match: "status|log" }], (p) => ["submodule", "foreach", touch(p)], ["status"], false),
  git("bisect run", [{ match: "status|log" }], (p) => ["bisect", "run", touch(p)], ["status"], false),
  git("diff --output", ["diff", rest], (p) => ["diff", "--no-index", `--output=${p.canary}`, "tracked.txt", "tool"], [
    "diff"
  ]),
  git(
    "an option after its operands",
    ["ls-remote", rest],
    (p) => ["ls-remote", ".", `--upload-pack=${p.path("tool")}`],
    bare,
    false
  ),
  git(
    "an option after --",
    ["diff", "--", rest],
    (p) => ["diff", "--", "tracked.txt", `--output=${p.canary}`],
    ["diff", "--"],
    false
  ),
  {
    name: "find -exec",
    command: "find",
    grammar: [".", "-name", word],
    act: (p) => [".", "-exec", "touch", p.canary, ";"],
    twin: () => [".", "-name", "x"],
    isReal: true
  },
  {
    name: "find -exec in the place of a name",
    command: "find",
    grammar: [".", rest],
    act: (p) => [".", "-name", ".", "-exec", "touch", p.canary, ";"],
    twin: () => ["."],
    isReal: true
  },
  {
    name: "find -execdir",
    command: "find",
    grammar: [".", "-name", word],
    act: (p) => [".", "-maxdepth", "0", "-execdir", "touch", p.canary, "+"],
    twin: () => [".", "-name", "x"]
  },
  {
    name: "find -fprintf",
    command: "find",
    grammar: [".", "-name", word],
    act: (p) => [".", "-maxdepth", "0", "-fprintf", p.canary, "x"],
    twin: () => [".", "-name", "x"],
    isReal: true
  },
  {
    name: "find -fls",
    command: "find",
    grammar: [rest],
    act: (p) => [".", "-fls", p.canary],
    twin: () => ["."],
    isReal: true
  },
  { name: "find -delete", command: "find", grammar: [rest], act: () => [".", "-delete"], twin: () => ["."] },
  {
    name: "tar --checkpoint-action",
    command: "tar",
    grammar: ["-cf", word, rest],
    act: (p) => ["-cf", "out", "--checkpoint=1", `--checkpoint-action=exec=${touch(p)}`, "."],
    twin: () => ["-cf", "out", "a"],
    isReal: true,
    prepare: (p) => void p.file("a")
  },
  {
    name: "tar, abbreviated",
    command: "tar",
    grammar: ["-cf", word, rest],
    act: (p) => ["-cf", "out", "--checkpoint=1", `--checkpoint-act=exec=${touch(p)}`, "."],
    twin: () => ["-cf", "out", "a"],
    isReal: true,
    prepare: (p) => void p.file("a")
  },
  {
    name: "tar, as operands",
    command: "tar",
    grammar: ["-cf", word, rest],
    act: (p) => ["-cf", "out", "a", "--checkpoint=1", `--checkpoint-action=exec=${touch(p)}`],
    twin: () => ["-cf", "out", "a"],
    isReal: true,
    prepare: (p) => void p.file("a")
  },
  {
    name: "tar -I",
    command: "tar",
    grammar: ["-cf", word, rest],
    act: (p) => ["-I", p.path("tool"), "-cf", "out", "a"],
    twin: () => ["-cf", "out", "a"],
    isReal: true,
    prepare: (p) => void (p.file("a"), p.program("tool"))
  },
  {
    name: "tar in the old way, without a dash",
    command: "tar",
    grammar: [{ match: "cf|tf" }, rest],
    act: (p) => ["cIf", p.path("tool"), "out", "a"],
    twin: () => ["cf", "out", "a"],
    isReal: true,
    prepare: (p) => void (p.file("a"), p.program("tool"))
  },
  {
    name: "tar --to-command",
    command: "tar",
    grammar: ["-tf", word],
    act: (p) => ["-xf", "a", `--to-command=${touch(p)}`],
    twin: () => ["-tf", "a"],
    prepare: (p) => void p.file("a", "\0".repeat(10_240))
  },
  {
    name: "tar --rsh-command",
    command: "tar",
    grammar: ["-cf", word, rest],
    act: (p) => ["-cf", "host:x", `--rsh-command=${p.path("tool")}`, "a"],
    twin: () => ["-cf", "out", "a"],
    prepare: (p) => void (p.file("a"), p.program("tool"))
  },
  {
    name: "tar -F",
    command: "tar",
    grammar: ["-cf", word, rest],
    act: (p) => ["-cf", "out", "-L", "1", "-F", p.path("tool"), "a"],
    twin: () => ["-cf", "out", "a"],
    prepare: (p) => void (p.file("a"), p.program("tool"))
  },
  {
    name: "rsync -e",
    command: "rsync",
    grammar: ["-a", rest],
    act: (p) => ["-e", p.path("tool"), "host:x", "."],
    twin: () => ["-a", "a", "b"],
    isReal: true,
    prepare: (p) => void (p.file("a"), p.program("tool"))
  },
  {
    name: "rsync --rsh, abbreviated, after --",
    command: "rsync",
    grammar: ["-a", "--", rest],
    act: (p) => ["-a", `--rs=${p.path("tool")}`, "host:x", "."],
    twin: () => ["-a", "--", "a", "b"],
    prepare: (p) => void (p.file("a"), p.program("tool"))
  },
  {
    name: "ssh -o ProxyCommand",
    command: "ssh",
    grammar: ["-V"],
    act: (p) => ["-o", `ProxyCommand=${touch(p)}`, "host"],
    twin: () => ["-V"],
    isReal: true
  },
  {
    name: "ssh -o in one argument",
    command: "ssh",
    grammar: [{ match: "-V|-G", options: true }],
    act: (p) => [`-oProxyCommand=${touch(p)}`, "host"],
    twin: () => ["-V"],
    isReal: true
  },
  {
    name: "an option in the place of a value that any expression fits",
    command: "sort",
    grammar: [{ match: ".*" }],
    act: (p) => [`--output=${p.canary}`],
    twin: () => ["a"],
    isReal: true,
    prepare: (p) => void p.file("a", "1\n")
  },
  {
    name: "scp -S",
    command: "scp",
    grammar: [word, word],
    act: (p) => ["-S", p.path("tool"), "host:x", "."],
    twin: () => ["a", "b"],
    isReal: true,
    prepare: (p) => void (p.file("a"), p.program("tool"))
  },
  {
    name: "awk system()",
    command: "awk",
    grammar: ["{ print $1 }", rest],
    act: (p) => [`BEGIN { system("${touch(p)}") }`],
    twin: () => ["{ print $1 }", "a"],
    isReal: true,
    prepare: (p) => void p.file("a", "x y\n")
  },
  {
    name: "awk -f",
    command: "awk",
    grammar: ["{ print $1 }", rest],
    act: () => ["-f", "program"],
    twin: () => ["{ print $1 }", "a"],
    isReal: true,
    prepare: (p) => void (p.file("a"), p.file("program", `BEGIN { system("${touch(p)}") }`))
  },
  {
    name: "awk that writes a file",
    command: "awk",
    grammar: ["{ print $1 }", rest],
    act: (p) => [`BEGIN { print "x" > "${p.canary}" }`],
    twin: () => ["{ print $1 }", "a"],
    isReal: true,
    prepare: (p) => void p.file("a")
  },
  {
    name: "sed e",
    command: "sed",
    grammar: ["-n", "p", rest],
    act: (p) => ["-n", `1e ${touch(p)}`, "a"],
    twin: () => ["-n", "p", "a"],
    isReal: true,
    prepare: (p) => void p.file("a", "x\n")
  },
  {
    name: "sed s///e",
    command: "sed",
    grammar: ["-n", "p", rest],
    act: (p) => [`s|x|${touch(p)}|e`, "a"],
    twin: () => ["-n", "p", "a"],
    isReal: true,
    prepare: (p) => void p.file("a", "x\n")
  },
  {
    name: "sed w",
    command: "sed",
    grammar: ["-n", "p", rest],
    act: (p) => ["-n", `w ${p.canary}`, "a"],
    twin: () => ["-n", "p", "a"],
    isReal: true,
    prepare: (p) => void p.file("a", "x\n")
  },
  {
    name: "sed -e after its files, since GNU sorts options to the front",
    command: "sed",
    grammar: ["-n", "p", rest],
    act: (p) => ["-n", "p", "a", "-e", `1e ${touch(p)}`],
    twin: () => ["-n", "p", "a"],
    prepare: (p) => void p.file("a", "x\n")
  },
  { name: "env", command: "env", grammar: [], act: (p) => ["touch", p.canary], twin: () => [], isReal: true },
  { name: "env -S", command: "env", grammar: ["-i"], act: (p) => ["-S", touch(p)], twin: () => ["-i"], isReal: true },
  {
    name: "env with a variable in front",
    command: "env",
    grammar: [{ match: "\\w+=\\w*" }],
    act: (p) => ["A=b", "touch", p.canary],
    twin: () => ["A=b"],
    isReal: true
  },
  {
    name: "xargs",
    command: "xargs",
    grammar: ["echo"],
    act: (p) => ["touch", p.canary],
    twin: () => ["echo"],
    isReal: true
  },
  {
    name: "xargs -I",
    command: "xargs",
    grammar: ["-n1", "echo"],
    act: (p) => ["-n1", "-a", "a", "touch"].concat(p.canary),
    twin: () => ["-n1", "echo"],
    isReal: true,
    prepare: (p) => void p.file("a", "x")
  },
  {
    name: "nice",
    command: "nice",
    grammar: ["true"],
    act: (p) => ["touch", p.canary],
    twin: () => ["true"],
    isReal: true
  },
  {
    name: "nohup",
    command: "nohup",
    grammar: ["true"],
    act: (p) => ["touch", p.canary],
    twin: () => ["true"],
    isReal: true
  },
  {
    name: "setsid",
    command: "setsid",
    grammar: ["-w", "true"],
    act: (p) => ["-w", "touch", p.canary],
    twin: () => ["-w", "true"],
    isReal: true
  },
  {
    name: "timeout",
    command: "timeout",
    grammar: [{ match: "\\d+" }, "true"],
    act: (p) => ["9", "touch", p.canary],
    twin: () => ["9", "true"],
    isReal: true
  },
  {
    name: "stdbuf",
    command: "stdbuf",
    grammar: ["-oL", "true"],
    act: (p) => ["-oL", "touch", p.canary],
    twin: () => ["-oL", "true"],
    isReal: true
  },
  {
    name: "flock",
    command: "flock",
    grammar: ["lock", "true"],
    act: (p) => ["lock", "-c", touch(p)],
    twin: () => ["lock", "true"],
    isReal: true
  },
  {
    name: "script",
    command: "script",
    grammar: ["--version"],
    act: (p) => ["-qc", touch(p), "/dev/null"],
    twin: () => ["--version"],
    isReal: true
  },
  {
    name: "node -e",
    command: "node",
    grammar: ["build.js", rest],
    act: (p) => ["-e", `require("fs").writeFileSync(${JSON.stringify(p.canary)}, "")`],
    twin: () => ["build.js", "x"],
    isReal: true,
    prepare: (p) => void p.file("build.js")
  },
  {
    name: "node -r",
    command: "node",
    grammar: ["build.js", rest],
    act: () => ["-r", "./evil.cjs", "build.js"],
    twin: () => ["build.js"],
    isReal: true,
    prepare: (p) =>
      void (p.file("build.js"), p.file("evil.cjs", `require("fs").writeFileSync(${JSON.stringify(p.canary)}, "")`))
  },
  {
    name: "node --import of a data URL",
    command: "node",
    grammar: ["build.js", rest],
    act: (p) => [
      `--import=data:text/javascript,import fs from "node:fs";fs.writeFileSync(${JSON.stringify(p.canary)},"")`,
      "build.js"
    ],
    twin: () => ["build.js"],
    isReal: true,
    prepare: (p) => void p.file("build.js")
  },
  {
    name: "node -pe, bundled",
    command: "node",
    grammar: ["build.js", rest],
    act: (p) => ["-pe", `fs.writeFileSync(${JSON.stringify(p.canary)}, "")`],
    twin: () => ["build.js"],
    isReal: true,
    prepare: (p) => void p.file("build.js")
  },
  {
    name: "python -c",
    command: "python3",
    grammar: ["--version"],
    act: (p) => ["-c", `open(${JSON.stringify(p.canary)}, "w")`],
    twin: () => ["--version"],
    isReal: true
  },
  {
    name: "python, bundled",
    command: "python3",
    grammar: ["--version"],
    act: (p) => [`-Bcopen(${JSON.stringify(p.canary)}, "w")`],
    twin: () => ["--version"],
    isReal: true
  },
  {
    name: "perl -e",
    command: "perl",
    grammar: ["-v"],
    act: (p) => ["-e", `open F, ">", "${p.canary}"`],
    twin: () => ["-v"],
    isReal: true
  },
  {
    name: "ruby -e",
    command: "ruby",
    grammar: ["-v"],
    act: (p) => ["-e", `File.write("${p.canary}", "")`],
    twin: () => ["-v"],
    isReal: true
  },
  {
    name: "lua -e",
    command: "lua5.4",
    grammar: ["-v"],
    act: (p) => ["-e", `io.open("${p.canary}", "w")`],
    twin: () => ["-v"],
    isReal: true
  },
  {
    name: "bash --rcfile",
    command: "bash",
    grammar: ["--version"],
    act: () => ["--rcfile", "evil", "-i"],
    twin: () => ["--version"],
    isReal: true,
    prepare: (p) => void p.file("evil", `${touch(p)}\nexit\n`)
  },
  {
    name: "sh -c, bundled",
    command: "sh",
    grammar: ["./script"],
    act: (p) => ["-ec", touch(p)],
    twin: () => ["./script"],
    isReal: true,
    prepare: (p) => void p.file("script")
  },
  {
    name: "make --eval",
    command: "make",
    grammar: [{ match: "build|test" }],
    act: (p) => [`--eval=$(shell ${touch(p)})`, "build"],
    twin: () => ["build"],
    isReal: true,
    prepare: (p) => void p.file("Makefile", "build:\n\t@true\n")
  },
  {
    name: "make SHELL=",
    command: "make",
    grammar: [{ match: "build|test" }],
    act: (p) => [`SHELL=${p.path("tool")}`, "build"],
    twin: () => ["build"],
    isReal: true,
    prepare: (p) => void (p.file("Makefile", "build:\n\t@echo; echo\n"), p.program("tool"))
  },
  {
    name: "sort --compress-program",
    command: "sort",
    grammar: ["-n", rest],
    act: (p) => ["-S1b", `--compress-program=${p.path("tool")}`, "a"],
    twin: () => ["-n", "a"],
    isReal: true,
    prepare: (p) => void (p.file("a", "line of text\n".repeat(9000)), p.program("tool"))
  },
  {
    name: "sort, abbreviated",
    command: "sort",
    grammar: ["-n", rest],
    act: (p) => ["-S1b", `--co=${p.path("tool")}`, "a"],
    twin: () => ["-n", "a"],
    isReal: true,
    prepare: (p) => void (p.file("a", "line of text\n".repeat(9000)), p.program("tool"))
  },
  {
    name: "sort -o, after its files",
    command: "sort",
    grammar: ["-n", rest],
    act: (p) => ["-n", "a", "-o", p.canary],
    twin: () => ["-n", "a"],
    isReal: true,
    prepare: (p) => void p.file("a", "1\n")
  },
  {
    name: "split --filter",
    command: "split",
    grammar: [word],
    act: (p) => [`--filter=${touch(p)}`, "a"],
    twin: () => ["a"],
    isReal: true,
    prepare: (p) => void p.file("a", "1\n")
  },
  {
    name: "zip -T -TT",
    command: "zip",
    grammar: ["-q", "out.zip", rest],
    act: (p) => ["-q", "out.zip", "a", "-T", "-TT", `${p.path("tool")} #`],
    twin: () => ["-q", "out.zip", "a"],
    isReal: true,
    prepare: (p) => void (p.file("a", "1\n"), p.program("tool"))
  },
  {
    name: "rg --pre",
    command: "rg",
    grammar: [word, rest],
    act: (p) => ["x", "--pre", p.path("tool"), "a"],
    twin: () => ["x", "a"],
    isReal: true,
    prepare: (p) => void (p.file("a", "x\n"), p.program("tool"))
  },
  {
    name: "fd -x",
    command: "fdfind",
    grammar: [word],
    act: (p) => ["a", "-x", "touch", p.canary],
    twin: () => ["a"],
    isReal: true,
    prepare: (p) => void p.file("a")
  },
  {
    name: "gdb -ex",
    command: "gdb",
    grammar: ["--version"],
    act: (p) => ["-nx", "-batch", "-ex", `shell ${touch(p)}`],
    twin: () => ["--version"],
    isReal: true
  },
  {
    name: "vim -c",
    command: "vim",
    grammar: ["--version"],
    act: (p) => ["-es", "-u", "NONE", "-c", `silent !${touch(p)}`, "-c", "qa!"],
    twin: () => ["--version"],
    isReal: true
  },
  {
    name: "vim +",
    command: "vim",
    grammar: [{ match: "--version", options: true }],
    act: (p) => ["-es", `+silent !${touch(p)}`, "+qa!"],
    twin: () => ["--version"],
    isReal: true
  },
  {
    name: "busybox sh",
    command: "busybox",
    grammar: ["true"],
    act: (p) => ["sh", "-c", touch(p)],
    twin: () => ["true"],
    isReal: true
  },
  {
    name: "strace",
    command: "strace",
    grammar: ["-V"],
    act: (p) => ["-o", "/dev/null", "touch", p.canary],
    twin: () => ["-V"]
  },
  {
    name: "tcpdump -z",
    command: "tcpdump",
    grammar: ["--version"],
    act: (p) => ["-i", "lo", "-w", "out", "-G", "1", "-z", p.path("tool")],
    twin: () => ["--version"]
  },
  {
    name: "openssl enc -out",
    command: "openssl",
    grammar: ["version"],
    act: (p) => ["rand", "-out", p.canary, "8"],
    twin: () => ["version"],
    isReal: true
  },
  {
    name: "curl -o of a file",
    command: "curl",
    grammar: ["--version"],
    act: (p) => ["-s", "-o", p.canary, `file://${p.path("a")}`],
    twin: () => ["--version"],
    isReal: true,
    prepare: (p) => void p.file("a", "1\n")
  },
  {
    name: "curl -K",
    command: "curl",
    grammar: ["--version"],
    act: () => ["-K", "options"],
    twin: () => ["--version"],
    isReal: true,
    prepare: (p) =>
      void (p.file("a", "1\n"), p.file("options", `url = "file://${p.path("a")}"\noutput = "${p.canary}"\nsilent\n`))
  },
  {
    name: "wget -O",
    command: "wget",
    grammar: ["--version"],
    act: (p) => ["-q", "-O", p.canary, "http://127.0.0.1:1/"],
    twin: () => ["--version"],
    isReal: true
  },
  { name: "watch", command: "watch", grammar: ["--version"], act: (p) => ["-n1", touch(p)], twin: () => ["--version"] },
  {
    name: "cpio --to-stdout and files",
    command: "cpio",
    grammar: ["--version"],
    act: (p) => ["-o", `-O${p.canary}`],
    twin: () => ["--version"],
    isReal: true
  },
  {
    name: "man -P",
    command: "man",
    grammar: ["--version"],
    act: (p) => ["-P", p.path("tool"), "man"],
    twin: () => ["--version"]
  }
]

const toAttack = ({ name, command, grammar, act, twin, isReal = false, prepare }: Row): Attack => ({
  name,
  policy: () => ({ commands: [{ command, args: [grammar, ["--version"]] }] }),
  act: (place) => ({ command, args: act(place) }),
  code: "PermissionDenied",
  rule: "commands[0].args",
  needs: command,
  twin: (place) => ({ command, args: twin(place) }),
  ...(prepare !== undefined && { prepare }),
  ...(isReal && { real: () => ({ commands: [{ command, args: true }], env: { values: { TERM: "dumb" } } }) })
})

attacks("the arguments", rows.map(toAttack))
