/** The bytes that a process may still be given, on all its inputs together, whoever writes them. */
export class InputBudget {
  readonly maximum: number
  #left: number

  constructor(bytes: number) {
    this.maximum = bytes
    this.#left = bytes
  }

  /** How many of so many bytes may be written. */
  take(bytes: number): number {
    const taken = Math.min(bytes, this.#left)
    this.#left -= taken
    return taken
  }
}
