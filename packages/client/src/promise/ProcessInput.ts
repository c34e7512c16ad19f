/** The stdin of a process, or another descriptor that it reads. */
export interface ProcessInput {
  /**
   * Writes, and resolves to the number of bytes accepted: all of them, once the broker has room for the last.
   *
   * Writes keep their order, also those that nobody has awaited. Text is written as UTF-8. The buffer stays yours once the
   * promise is settled.
   *
   * **Errors**: `Io` with `EPIPE` if the process reads no more, `AlreadyExited`, `InvalidArgument` if it is closed or
   * not piped, the signal's reason once that is aborted. What was accepted before is written.
   */
  write(data: Uint8Array | string): Promise<number>
  /** End of input, after what has been written. A second call does nothing. **Errors**: `InvalidArgument` if not piped. */
  end(): Promise<void>
  /**
   * The same as a web stream; the same one at each access. Closing it is `end`; aborting it is `end`, too, as a pipe
   * cannot say more.
   */
  readonly writable: WritableStream<Uint8Array | string>
}
