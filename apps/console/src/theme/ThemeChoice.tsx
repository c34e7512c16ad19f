import { useState } from "react"

const KEY = "spawnbroker.theme"

const themes = [
  ["system", "system"],
  ["light", "light"],
  ["dark", "dark"]
] as const
type Theme = (typeof themes)[number][0]

const isTheme = (value: string | null): value is Theme => themes.some(([theme]) => theme === value)

const remembered = (): Theme => {
  const value = localStorage.getItem(KEY)
  return isTheme(value) ? value : "system"
}

const apply = (theme: Theme): void => {
  document.documentElement.dataset["theme"] = theme
}

/** What was chosen here before, from the first picture on. */
export const restoreTheme = (): void => apply(remembered())

export const ThemeChoice = () => {
  const [theme, setTheme] = useState(remembered)
  return (
    <select
      aria-label="Colours"
      value={theme}
      onChange={(event) => {
        const chosen = event.target.value as Theme
        setTheme(chosen)
        apply(chosen)
        localStorage.setItem(KEY, chosen)
      }}
    >
      {themes.map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  )
}
