const form = document.querySelector("#form")
const input = document.querySelector("#code")
const problem = document.querySelector("#problem")

const logIn = async (code) => {
  problem.textContent = ""
  const response = await fetch("/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code })
  }).catch(() => undefined)
  if (response?.ok) return location.replace("/")
  problem.textContent = response === undefined ? "The gateway cannot be reached." : await response.text()
  input.focus()
}

form.addEventListener("submit", (event) => {
  event.preventDefault()
  // A whole link serves as well.
  void logIn(input.value.trim().replace(/^.*#/, ""))
})

// The code of a link leaves the address, and so the history, at once.
const takeCode = () => {
  const code = location.hash.slice(1)
  if (code === "") return
  history.replaceState(null, "", "/login")
  void logIn(code)
}
// A link that is opened where this page is already changes nothing but what stands behind the `#`.
addEventListener("hashchange", takeCode)
takeCode()
