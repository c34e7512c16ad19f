/** A state in one word or two, and whether that is good. */
export interface State {
  readonly text: string
  readonly tone: "live" | "good" | "bad" | "quiet"
}

export const StateText = ({ state: { text, tone } }: { readonly state: State }) => (
  <span className="state" data-tone={tone}>
    {text}
  </span>
)
