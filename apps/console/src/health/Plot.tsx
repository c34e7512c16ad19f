const WIDTH = 240
const HEIGHT = 48

interface PlotProps {
  readonly name: string
  /** The youngest last. Nothing where there was nothing to measure. */
  readonly values: ReadonlyArray<number | undefined>
  readonly show: (value: number) => string
}

/** A figure of now, and how it came to that. */
export const Plot = ({ name, values, show }: PlotProps) => {
  const known = values.filter((value) => value !== undefined)
  const last = known.at(-1)
  const most = Math.max(...known, 0)
  const text = last === undefined ? "–" : show(last)
  const step = WIDTH / Math.max(1, values.length - 1)
  const points = values.flatMap((value, index) =>
    value === undefined ? [] : [`${index * step},${HEIGHT - (most === 0 ? 0 : (value / most) * (HEIGHT - 2)) - 1}`]
  )
  return (
    <figure className="card plot">
      <figcaption>
        {name} <strong>{text}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}: ${text} now, ${show(most)} at most`}
      >
        <polyline points={points.join(" ")} />
      </svg>
    </figure>
  )
}
