import { defineConfig } from "vite"

/** Plain files: nothing is inline, since the gateway's policy for pages runs no script that is. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  build: { outDir: "dist", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1000 }
})
