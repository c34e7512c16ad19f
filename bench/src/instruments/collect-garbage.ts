import { setTimeout as sleep } from "node:timers/promises"

/** Every host is started with `--expose-gc`, which each of the runtimes knows. */
const { gc } = globalThis as unknown as { readonly gc: () => void }

/** Collects twice, since what the first collection finalises is free only after the second, and lets threads settle. */
export const collectGarbage = async (): Promise<void> => {
  gc()
  await sleep(50)
  gc()
  await sleep(50)
}
