/** The entry. */
import { createRoot } from "react-dom/client"
import { App } from "./App.tsx"
import { restoreTheme } from "./theme/ThemeChoice.tsx"

restoreTheme()
createRoot(document.querySelector("#root")!).render(<App />)
