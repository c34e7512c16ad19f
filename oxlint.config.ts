import { defineConfig } from "oxlint"
import { layers } from "./layers.ts"

export default defineConfig({
  plugins: ["typescript", "import", "promise", "unicorn", "node"],
  categories: { correctness: "error", suspicious: "error" },
  ignorePatterns: ["**/dist/**", "**/node_modules/**"],
  rules: {
    "import/no-cycle": "error",
    "typescript/no-explicit-any": "off",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/switch-exhaustiveness-check": "error",
    // A Schema that has just decoded a value, or a Comlink proxy, is asserted to be what it is; the compiler cannot know.
    "typescript/no-unsafe-type-assertion": "off",
    // It calls assertions unnecessary that the compiler refuses to do without.
    "typescript/no-unnecessary-type-assertion": "off",
    // A listener that starts as "do nothing" stands best beside the variable that holds it.
    "unicorn/consistent-function-scoping": "off",
    // Lists are copied on purpose where a callback may change them.
    "unicorn/no-useless-spread": "off",
    // For windows. A message port has no origin.
    "unicorn/require-post-message-target-origin": "off",
    "typescript/unbound-method": "off",
    "no-underscore-dangle": "off",
    "promise/always-return": "off"
  },
  overrides: layers.map(({ files, refuse }) => ({
    files: [files],
    rules: {
      "no-restricted-imports": ["error", { patterns: refuse.map(([regex, message]) => ({ regex, message })) }]
    }
  }))
})
