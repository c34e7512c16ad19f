/**
 * Opens the host's own standard streams for this thread, each in the way of what it is.
 *
 * None is ever closed: libuv leaves the descriptors 0, 1 and 2 alone. Nothing here keeps the thread alive, and nothing
 * blocks it:
 *
 * | what it is | how | left behind for others who have it open |
 * |---|---|---|
 * | pipe | opened anew through /proc, so that it waits for nobody and nobody else notices | nothing |
 * | terminal | by libuv, which opens it anew | nothing |
 * | file, device | read and written in the thread pool; its position is everybody's | nothing |
 * | socket | as it is: a socket cannot be opened anew | O_NONBLOCK, until Node's own exit takes it back |
 */
import { constants, createReadStream, createWriteStream, fstatSync, openSync } from "node:fs"
import { Socket } from "node:net"
import { isatty, ReadStream, WriteStream } from "node:tty"
import { ScratchReader } from "../spawn/ScratchReader.ts"
import { sinkOf, sourceOf } from "../spawn/streams.ts"
import type { ByteSink, ByteSource } from "../spawn/Spawner.ts"

/** Bytes of one read. */
const READ_BYTES = 64 * 1024

type Kind = "socket" | "pipe" | "terminal" | "file"

const kindOf = (fd: number): Kind => {
  const stat = fstatSync(fd)
  if (stat.isSocket()) return "socket"
  if (stat.isFIFO()) return "pipe"
  return isatty(fd) ? "terminal" : "file"
}

/** The descriptor `fd` as a source that reads no more than it is asked to. */
export const openInput = (fd: number): ByteSource => {
  const kind = kindOf(fd)
  if (kind === "file") return readFile(fd)
  // It takes the options of a socket, which its types do not say.
  if (kind === "terminal") return readExactly((onread) => new ReadStream(fd, { onread } as never))
  const from = kind === "pipe" ? reopened(fd, constants.O_RDONLY) : fd
  return readExactly((onread) => new Socket({ fd: from, readable: true, writable: false, onread }))
}

/** Destroying the stream would close the descriptor; paused, it holds nothing else. */
const readFile = (fd: number): ByteSource => {
  const source = sourceOf(createReadStream("", { fd, autoClose: false, highWaterMark: READ_BYTES }))
  return {
    start: (listener) => source.start(listener),
    pause: () => source.pause(),
    resume: () => source.resume(),
    destroy: () => source.pause()
  }
}

/** The descriptor `fd` as a sink. */
export const openOutput = (fd: number): ByteSink => {
  const kind = kindOf(fd)
  if (kind === "file") return writeFile(fd)
  if (kind === "terminal") return sinkOf(unblocked(new WriteStream(fd)).unref())
  const to = kind === "pipe" ? reopened(fd, constants.O_WRONLY) : fd
  return sinkOf(new Socket({ fd: to, readable: false, writable: true }).unref())
}

/** Destroying the stream would close the descriptor. */
const writeFile = (fd: number): ByteSink => {
  const sink = sinkOf(createWriteStream("", { fd, autoClose: false }))
  return {
    write: (chunk, written) => sink.write(chunk, written),
    end: () => sink.end(),
    onClosed: (listener) => sink.onClosed(listener),
    destroy: () => {}
  }
}

/** A description of its own for the same pipe. Where there is no /proc, or it is somebody else's, the one there is. */
const reopened = (fd: number, access: number): number => {
  try {
    return openSync(`/proc/self/fd/${fd}`, access | constants.O_NONBLOCK)
  } catch {
    return fd
  }
}

/** Node makes terminals block, so that no word is lost at an exit. Here one that is stopped (Ctrl+S) would stop everybody. */
const unblocked = (terminal: WriteStream): WriteStream => {
  ;(terminal as unknown as { readonly _handle: { setBlocking(value: boolean): void } })._handle.setBlocking(false)
  return terminal
}

type OnRead = ScratchReader["onread"]

/** A socket as Node has it reads ahead of its reader. With a buffer of ours it stops where it is told to. */
const readExactly = (open: (onread: OnRead) => Socket): ByteSource => {
  const reader = new ScratchReader()
  return reader.sourceOf(open(reader.onread).unref())
}
