/** Each byte as its opposite: what comes out is as long as what goes in. */
import type { TransformModule } from "@spawnbroker/broker"

export default {
  step: (_, bytes, emit) => emit(bytes.map((byte) => 255 - byte))
} satisfies TransformModule<void, Uint8Array>
