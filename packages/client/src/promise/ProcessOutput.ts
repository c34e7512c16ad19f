/**
 * One output of a process, or both as they arrived: `for await (const line of output)`, `bytes()`, `text()`, `stream()`.
 *
 * **Shape**: nothing is read before somebody asks. A reader that stops holds the child back once the window
 * (`windowBytes`) is full. One reader at a time; it is a reader from its first step until its end, an error, or the
 * `break`. The next reader goes on at the very next byte: what the one before had taken and not handed out, the rest of
 * a line too, is handed out first. `all` is an output of its own: it does not see what a reader of `stdout` has left.
 *
 * **Errors**: `InvalidArgument` while another reads it, where it is not piped, and after `release`; the signal's
 * reason once that is aborted; `BrokerUnavailable` or `InvalidToken` where the connection or the token ends first; `Io` with
 * `EILSEQ` for text that is not UTF-8 under `invalidUtf8: "fail"`, and the next reader goes on after it. What
 * has arrived before is handed out before. So an output that was broken off never looks as if it had ended.
 *
 * **Gotchas**: while somebody waits for the exit and nobody reads, the oldest bytes may be dropped (option `unread`), so
 * after a `break` read on, or have `unread: "block"`, before you `wait()`.
 *
 * **Example** (stop in the middle, and go on)
 *
 * ```ts
 * import { Broker } from "@spawnbroker/broker"
 * import { connect } from "@spawnbroker/client/promise"
 * import { ManagedRuntime } from "effect"
 *
 * const host = ManagedRuntime.make(Broker.layer())
 * const broker = await host.runPromise(Broker)
 * const token = await host.runPromise(broker.mint({ subject: "example", commands: [{ command: "printf", args: true }] }))
 * const client = await connect(await host.runPromise(broker.openPort()), token)
 *
 * const printing = await client.spawn("printf", { args: ["one\\ntwo\\nthree"] })
 * for await (const line of printing.stdout) {
 *   line // => "one"
 *   break
 * }
 * await printing.stdout.text() // => "two\nthree"
 *
 * await client.close()
 * await host.dispose()
 * ```
 */
export interface ProcessOutput extends AsyncIterable<string, void, undefined> {
  /**
   * Lines without their ends (`\n`, `\r\n`). The last one needs no end. A line is held in memory whole, however long.
   */
  [Symbol.asyncIterator](): AsyncGenerator<string, void, undefined>
  /** Chunks as they come, of any size. Each is yours to keep. */
  bytes(): AsyncGenerator<Uint8Array, void, undefined>
  /** All the rest as text, once it has ended. It is held in memory whole: `run` has a limit, this has none. */
  text(): Promise<string>
  /** The rest as a web stream of bytes. Cancelling it gives the reader back at once. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>
}
