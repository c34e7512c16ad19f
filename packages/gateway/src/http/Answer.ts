/** What a request is answered, before the headers that all answers have. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Where its styles may stand. Absent: in files. */
  readonly styles?: "files" | "elements"
}

export const text = (status: number, body: string): Answer => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: `${body}\n`
})

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value)
})

export const redirect = (to: string): Answer => ({ status: 303, headers: { location: to } })
