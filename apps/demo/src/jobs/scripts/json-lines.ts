/** Prints numbered JSON lines: as many as the first argument says, in as many seconds as the second. */
const [lines = 0, seconds = 0] = process.argv.slice(2).map(Number)
let n = 0

const timer = setInterval(
  () => {
    console.log(JSON.stringify({ n: ++n, pid: process.pid }))
    if (n === lines) clearInterval(timer)
  },
  (seconds * 1000) / lines
)
