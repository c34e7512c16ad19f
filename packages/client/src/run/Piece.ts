/** Some bytes of one of the two standard outputs. */
export interface Piece {
  readonly from: "stdout" | "stderr"
  readonly bytes: Uint8Array
}
