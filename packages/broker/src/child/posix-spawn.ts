/**
 * Starts and reaps the children of this process by calls of the C library, where that can be called.
 *
 * Node's own spawn is a fork: it copies the page tables of whoever calls it, and the child then has to give its copy back.
 * posix_spawn(3) shares the memory until the child has called exec, so it costs the same however large its caller is, and
 * less than half of the fork of even a small Node. It is called through koffi, an optional dependency with binaries for each
 * platform; where that is not there, or this is not Linux, there is none, and Node's spawn is what is left.
 *
 * A process that uses this must not use Node's spawn as well: both reap children, and each would miss what the other has
 * reaped.
 */
import { constants as fileConstants } from "node:fs"
import { constants } from "node:os"
import { getSystemErrorName } from "node:util"
import type { PipeEnd } from "./open-pipe.ts"
import { readUsage, RUSAGE_BYTES } from "./resource-usage.ts"
import type { ChildEnd, ChildRequest, Usage } from "./start-child.ts"

export interface Reaped {
  readonly pid: number
  readonly end: ChildEnd
  readonly usage: Usage
}

export interface PosixSpawn {
  /**
   * The PID of a new child, or the errno name that says why there is none. It leads a session of its own, with all signals
   * as they are by default, and has these descriptors and no others: ours by their numbers, which wait in it. The standard
   * ones that are ignored are /dev/null, others are not open.
   */
  readonly spawn: (request: ChildRequest, stdio: ReadonlyArray<number | "ignore">) => number | string
  /** From now on those descendants are children of this process who have lost their parents. See PR_SET_CHILD_SUBREAPER. */
  readonly adoptOrphans: () => void
  /** A child, or an adopted one, that has ended and was not reaped before, if there is one. */
  readonly reap: () => Reaped | undefined
  /** A pipe whose ends wait, and which no child inherits unless it is given them. Throws what has an errno name as `code`. */
  readonly pipe: () => Readonly<Record<PipeEnd, number>>
  /** Lets a pipe hold {@link WIDE_PIPE_BYTES}, unless its user has too many wide ones already. */
  readonly widen: (fd: number) => void
}

// The numbers of Linux, which are the same for x64, arm64 and riscv64. See asm-generic/fcntl.h, spawn.h, wait.h.
const F_GETFL = 3
const F_SETFL = 4
const F_DUPFD_CLOEXEC = 1030
const F_SETPIPE_SZ = 1031
const SETSIGDEF = 0x04
const SETSIGMASK = 0x08
const SETSID = 0x80
const WNOHANG = 1
const PR_SET_CHILD_SUBREAPER = 36
const O_CLOEXEC = 0o2000000

/**
 * Twice what a pipe has at first: its reader and its writer then wait less for each other, and `head` gets 2,070 MB/s through in
 * place of 1,490. More brings nothing more, and counts against what one user may have in pipes (pipe(7), pipe-user-pages-soft).
 */
export const WIDE_PIPE_BYTES = 128 * 1024

/** More than the C library's structures and sets of signals take: 336 bytes at most, in glibc and in musl. */
const STRUCTURE_BYTES = 512

/** Resolves to none where the C library cannot be called. */
export const loadPosixSpawn = async (): Promise<PosixSpawn | undefined> => {
  if (process.platform !== "linux") return undefined
  try {
    const { default: koffi } = await import("koffi")
    return bind(koffi.load(null))
  } catch {
    return undefined
  }
}

const bind = (libc: { func(prototype: string): (...args: Array<unknown>) => number }): PosixSpawn => {
  const posixSpawn = libc.func(
    "int posix_spawn(_Out_ int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)"
  )
  const initActions = libc.func("int posix_spawn_file_actions_init(void *actions)")
  const destroyActions = libc.func("int posix_spawn_file_actions_destroy(void *actions)")
  const addDup2 = libc.func("int posix_spawn_file_actions_adddup2(void *actions, int fd, int newfd)")
  const addOpen = libc.func(
    "int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int oflag, unsigned int mode)"
  )
  const addChdir = libc.func("int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)")
  const fcntl = libc.func("int fcntl(int fd, int command, int argument)")
  const close = libc.func("int close(int fd)")
  const pipe2 = libc.func("int pipe2(_Out_ int *fds, int flags)")
  const wait4 = libc.func("int wait4(int pid, _Out_ int *status, int options, void *rusage)")

  const usage = Buffer.alloc(RUSAGE_BYTES)
  const attributes = Buffer.alloc(STRUCTURE_BYTES)
  const signals = Buffer.alloc(STRUCTURE_BYTES)
  libc.func("int posix_spawnattr_init(void *attributes)")(attributes)
  libc.func("int sigemptyset(void *signals)")(signals)
  libc.func("int posix_spawnattr_setsigmask(void *attributes, void *signals)")(attributes, signals)
  // Not by sigfillset, which leaves out the two that glibc keeps for itself, and they would be ignored in a child.
  signals.fill(0xff)
  libc.func("int posix_spawnattr_setsigdefault(void *attributes, void *signals)")(attributes, signals)
  libc.func("int posix_spawnattr_setflags(void *attributes, short flags)")(attributes, SETSIGDEF | SETSIGMASK | SETSID)
  const actions = Buffer.alloc(STRUCTURE_BYTES)

  /** Node's loop needs descriptors that do not wait, and a child those that do. Both share one description. */
  const makeBlocking = (fd: number): void => {
    const flags = fcntl(fd, F_GETFL, 0)
    if (flags >= 0 && (flags & fileConstants.O_NONBLOCK) !== 0) fcntl(fd, F_SETFL, flags & ~fileConstants.O_NONBLOCK)
  }

  return {
    spawn: ({ file, argv0, args, cwd, env }, stdio) => {
      /** Copies of those that would be overwritten by another before it is their turn. */
      const copies: Array<number> = []
      /** Out of the way of every number that the child has. */
      const outOfTheWay = (fd: number, wanted: number): number => {
        if (fd === wanted || fd >= stdio.length) return fd
        const copy = fcntl(fd, F_DUPFD_CLOEXEC, stdio.length)
        if (copy >= 0) copies.push(copy)
        return copy
      }
      initActions(actions)
      try {
        for (const [wanted, slot] of stdio.entries()) {
          if (slot === "ignore") {
            if (wanted < 3) addOpen(actions, wanted, "/dev/null", fileConstants.O_RDWR, 0)
            continue
          }
          const fd = outOfTheWay(slot, wanted)
          if (fd < 0) return "EMFILE"
          makeBlocking(fd)
          addDup2(actions, fd, wanted)
        }
        addChdir(actions, cwd)
        const pid = [0]
        const envp = Object.entries(env).map(([name, value]) => `${name}=${value}`)
        const errno = posixSpawn(pid, file, actions, attributes, [argv0, ...args, null], [...envp, null])
        return errno === 0 ? pid[0]! : getSystemErrorName(-errno)
      } finally {
        destroyActions(actions)
        for (const copy of copies) close(copy)
      }
    },
    adoptOrphans: () => void libc.func("int prctl(int option, unsigned long value)")(PR_SET_CHILD_SUBREAPER, 1),
    reap: () => {
      const status = [0]
      const pid = wait4(-1, status, WNOHANG, usage)
      return pid > 0 ? { pid, end: endOf(status[0]!), usage: readUsage(usage) } : undefined
    },
    pipe: () => {
      const fds = [0, 0]
      if (pipe2(fds, O_CLOEXEC) !== 0) throw Object.assign(new Error("no pipe"), { code: "EMFILE" })
      return { read: fds[0]!, write: fds[1]! }
    },
    widen: (fd) => void fcntl(fd, F_SETPIPE_SZ, WIDE_PIPE_BYTES)
  }
}

/** The first name of a number is the usual one: SIGABRT and not SIGIOT, SIGIO and not SIGPOLL. */
const signalNames = new Map(
  Object.entries(constants.signals)
    .map(([name, number]) => [number, name] as const)
    .toReversed()
)

/** See wait(2). A signal without a name, a real-time one, is told as a shell tells it: 128 and its number. */
const endOf = (status: number): ChildEnd => {
  const number = status & 0x7f
  if (number === 0) return { code: (status >> 8) & 0xff, signal: null }
  const signal = signalNames.get(number)
  return signal === undefined ? { code: 128 + number, signal: null } : { code: null, signal }
}
