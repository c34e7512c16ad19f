/**
 * The arguments by which bubblewrap makes a sandbox. See bwrap(1).
 */
import type { EffectiveSandbox } from "../access/combine-sandbox.ts"
import { isWithinAny } from "../access/real-path.ts"
import { type Mount, systemDirectories, systemMounts } from "./system-mounts.ts"

/** What is to run in a sandbox, as far as the sandbox has to show it. */
export interface Inhabitant {
  readonly cwd: string
  /** The path by which it is run, and the file behind it. */
  readonly path: string
  readonly file: string
}

/**
 * Bytes that /tmp and /dev/shm may hold, each. They are memory, of which no limit knows; with `memoryBytes` it is that, where
 * that is less. Higher: larger temporary files. Lower: less of the host's memory that a process can take.
 */
const SCRATCH_BYTES = 1024 * 1024 * 1024

/** `namespaces`: how this machine makes them, as {@link Bubblewrap} has found out. */
export const bubblewrapArguments = (
  sandbox: EffectiveSandbox,
  inhabitant: Inhabitant,
  namespaces: ReadonlyArray<string>,
  memoryBytes = Infinity
): ReadonlyArray<string> => {
  const scratchBytes = Math.min(SCRATCH_BYTES, memoryBytes)
  const mounts = [
    ...(showsAll(sandbox) ? [] : systemMounts(sandbox.network)),
    ...ownMounts(scratchBytes),
    ...grantedMounts(sandbox),
    ...programMounts(sandbox, inhabitant)
  ]
  return [
    ...namespaces,
    ...(sandbox.network ? [] : ["--unshare-net"]),
    ...["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"],
    // Whatever becomes of bubblewrap, nobody outlives it: neither here nor, where it has been killed itself, in there.
    "--die-with-parent",
    ...["--cap-drop", "ALL"],
    ...outermostFirst(mounts).flatMap(({ args }) => args),
    // The root is memory, too.
    ...(showsAll(sandbox) ? [] : ["--remount-ro", "/"]),
    ...["--chdir", inhabitant.cwd, "--"]
  ]
}

/** Whether a path can be seen in the sandbox at the place where it is outside. */
export const isVisible = (sandbox: EffectiveSandbox, path: string): boolean =>
  isWithinAny([...sandbox.read, ...sandbox.write, ...systemDirectories], path)

const showsAll = ({ read, write }: EffectiveSandbox): boolean => [...read, ...write].includes("/")

/** What is inside is put up after what it is in, or it would be covered by that. */
const outermostFirst = (mounts: ReadonlyArray<Mount>): ReadonlyArray<Mount> =>
  mounts.toSorted((one, other) => depthOf(one.path) - depthOf(other.path))

const depthOf = (path: string): number => (path === "/" ? 0 : path.split("/").length)

/** A /proc, a /dev and a /tmp that nobody else has. */
const ownMounts = (scratchBytes: number): ReadonlyArray<Mount> => [
  { path: "/proc", args: ["--proc", "/proc"] },
  { path: "/dev", args: ["--dev", "/dev", ...scratch("/dev/shm", scratchBytes), "--remount-ro", "/dev"] },
  { path: "/tmp", args: scratch("/tmp", scratchBytes) }
]

const scratch = (path: string, bytes: number): ReadonlyArray<string> => [
  "--size",
  String(bytes),
  "--perms",
  "1777",
  "--tmpfs",
  path
]

/** What may be written may be read, so nothing within it is put up to read only. */
const grantedMounts = ({ read, write }: EffectiveSandbox): ReadonlyArray<Mount> => [
  ...read.filter((path) => !isWithinAny(write, path)).map((path) => ({ path, args: ["--ro-bind", path, path] })),
  ...write.map((path) => ({ path, args: ["--bind", path, path] }))
]

/** The program itself, wherever it is, and the link by which it is run. */
const programMounts = (sandbox: EffectiveSandbox, { path, file }: Inhabitant): ReadonlyArray<Mount> => [
  ...(isVisible(sandbox, file) ? [] : [{ path: file, args: ["--ro-bind", file, file] }]),
  ...(path === file || isVisible(sandbox, path) ? [] : [{ path, args: ["--symlink", file, path] }])
]
