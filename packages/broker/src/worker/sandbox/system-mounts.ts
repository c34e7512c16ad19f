/**
 * What of the system every sandboxed process can see.
 */
import { existsSync, lstatSync, readlinkSync } from "node:fs"

/** Something at a path of the sandbox, and the arguments of bubblewrap that put it there. */
export interface Mount {
  readonly path: string
  readonly args: ReadonlyArray<string>
}

/** Programs and libraries. Most of these are links into /usr today. */
const DIRECTORIES = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]

/**
 * Of /etc, what programs cannot do without and everybody may know: where libraries and the programs behind links are, who has
 * which number, what time it is, which authorities to trust. No keys, no passwords, no settings of services.
 */
const SETTINGS = [
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/ld-musl-x86_64.path",
  "/etc/ld-musl-aarch64.path",
  "/etc/alternatives",
  "/etc/passwd",
  "/etc/group",
  "/etc/nsswitch.conf",
  "/etc/localtime",
  "/etc/timezone",
  "/etc/locale.alias",
  "/etc/locale.conf",
  "/etc/mime.types",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/ssl/cert.pem",
  "/etc/pki/tls/certs",
  "/etc/pki/tls/openssl.cnf",
  "/etc/pki/ca-trust/extracted",
  "/etc/ca-certificates"
]

/** What is of use with a network only, and tells about that of the host. */
const NETWORK_SETTINGS = [
  "/etc/resolv.conf",
  "/etc/hosts",
  "/etc/host.conf",
  "/etc/gai.conf",
  "/etc/services",
  "/etc/protocols"
]

/** The system, to read. */
export const systemMounts = (network: boolean): ReadonlyArray<Mount> => [
  ...DIRECTORIES.filter((path) => existsSync(path)).map(mountDirectory),
  ...[...SETTINGS, ...(network ? NETWORK_SETTINGS : [])]
    .filter((path) => existsSync(path))
    .map((path) => ({ path, args: ["--ro-bind-try", path, path] }))
]

const mountDirectory = (path: string): Mount => ({
  path,
  args: lstatSync(path).isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path]
})

/** Where a program of the system is, which is there without being asked for. */
export const systemDirectories: ReadonlyArray<string> = DIRECTORIES
