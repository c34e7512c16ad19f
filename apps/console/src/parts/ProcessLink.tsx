import { hrefOf } from "../connection/use-place.ts"

interface ProcessLinkProps {
  readonly id: string
  readonly children: React.ReactNode
}

export const ProcessLink = ({ id, children }: ProcessLinkProps) => <a href={hrefOf("process", id)}>{children}</a>
