/**
 * Whether the kernel itself will run a file.
 *
 * Where it will not, execvp(3) hands the file to /bin/sh, which then is what runs, though nobody has allowed it.
 */
import { closeSync, openSync, readdirSync, readSync } from "node:fs"

/** See elf(5): magic, class, byte order, version; and the machine. */
const HEADER_BYTES = 20
const MACHINE_OFFSET = 18
const MAGIC = Buffer.from("\x7fELF", "latin1")
/** A machine that also runs programs of an older one: x86-64 those of i386, AArch64 those of ARM. */
const olderMachine: ReadonlyMap<number, number> = new Map([
  [62, 3],
  [183, 40]
])

export const isProgram = (file: string): boolean => {
  if (process.platform !== "linux") return true
  const header = readHeader(file)
  // A program that may be executed and not read is taken at its word: a script cannot be run that way.
  if (header === undefined) return true
  return header.subarray(0, 2).toString("latin1") === "#!" || isOurElf(header) || hasOtherFormats()
}

const isOurElf = (header: Buffer): boolean => {
  own ??= readHeader("/proc/self/exe")
  if (header.byteLength < HEADER_BYTES || !header.subarray(0, 4).equals(MAGIC)) return false
  const [machine, ours] = [machineOf(header), machineOf(own!)]
  return header[5] === own![5] && (machine === ours || machine === olderMachine.get(ours))
}

let own: Buffer | undefined

const machineOf = (header: Buffer): number =>
  header[5] === 1 ? header.readUInt16LE(MACHINE_OFFSET) : header.readUInt16BE(MACHINE_OFFSET)

const readHeader = (file: string): Buffer | undefined => {
  let fd: number | undefined
  try {
    fd = openSync(file, "r")
    const bytes = Buffer.alloc(HEADER_BYTES)
    return bytes.subarray(0, readSync(fd, bytes))
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Whether the machine has been taught to run more than the usual, see binfmt_misc in the kernel's documentation. */
const hasOtherFormats = (): boolean => {
  try {
    return readdirSync("/proc/sys/fs/binfmt_misc").some((name) => name !== "register" && name !== "status")
  } catch {
    return false
  }
}
