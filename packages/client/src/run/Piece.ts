export type OutputName = "stdout" | "stderr"

/** Some bytes of one of the two standard outputs. */
export interface Piece {
  readonly from: OutputName
  readonly bytes: Uint8Array
}
