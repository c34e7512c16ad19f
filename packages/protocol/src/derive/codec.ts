import * as Result from "effect/Result"
import type * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { AnyCallError, InvalidArgument } from "../errors/ProcessError.ts"
import { Reply, type ReplyEncoded } from "../wire/Reply.ts"

/** Unknown fields are refused: what one end does not understand it must not let pass. */
const strict = { onExcessProperty: "error" } as const

/** A field that there is not is most likely a misspelled one: those that there are come with it. */
const describe = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "UnexpectedKey" ? noSuchField(fieldsOf(issue.ast)) : SchemaIssue.defaultLeafHook(issue)
})

const fieldsOf = (ast: SchemaAST.AST): ReadonlyArray<string> =>
  SchemaAST.isObjects(ast) ? ast.propertySignatures.map(({ name }) => String(name)) : []

const noSuchField = (fields: ReadonlyArray<string>): string =>
  `there is no such field${fields.length === 0 ? "" : `; there are ${fields.join(", ")}`}`

/**
 * The error for a value that does not fit its schema: where, and what was expected. The value itself is not shown,
 * since it may hold a secret.
 */
export const toInvalidArgument = (whole: string, error: Schema.SchemaError): InvalidArgument => {
  const issue = describe(error.issue).issues[0]
  return new InvalidArgument({
    argument: pathOf(whole, issue?.path ?? []),
    problem: issue?.message ?? "unexpected value"
  })
}

const pathOf = (whole: string, path: ReadonlyArray<unknown>): string => {
  const steps = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("")
  return steps === "" ? whole : steps.replace(/^\./, "")
}

/** Turns a decoder or encoder of Schema into one that fails with {@link InvalidArgument}. */
const orInvalidArgument =
  <A>(whole: string, run: (input: unknown) => Result.Result<A, Schema.SchemaError>) =>
  (input: unknown): Result.Result<A, InvalidArgument> =>
    Result.mapError(run(input), (error) => toInvalidArgument(whole, error))

type AnyCodec = Schema.Codec<any, any>

/** A decoder of one schema that refuses unknown fields, and names the place of a mistake. */
export const strictDecoder = <T>(
  whole: string,
  schema: Schema.Codec<T, any>
): ((input: unknown) => Result.Result<T, InvalidArgument>) =>
  orInvalidArgument(whole, Schema.decodeUnknownResult(schema, strict))

/** What both ends of an operation do with its messages. */
export interface OperationCodec {
  readonly encodePayload: (payload: unknown) => Result.Result<unknown, InvalidArgument>
  readonly decodePayload: (payload: unknown) => Result.Result<any, InvalidArgument>
  readonly encodeReply: (reply: ReplyEncoded) => unknown
  readonly decodeReply: (reply: unknown) => ReplyEncoded
}

/** Every connection speaks the same operations. */
const codecs = new WeakMap<Rpc.AnyWithProps, OperationCodec>()

/** The codec of an operation, compiled once. */
export const operationCodec = (operation: Rpc.AnyWithProps): OperationCodec => {
  const compiled = codecs.get(operation)
  if (compiled !== undefined) return compiled
  const codec = compile(operation)
  codecs.set(operation, codec)
  return codec
}

const compile = (operation: Rpc.AnyWithProps): OperationCodec => {
  const payload = operation.payloadSchema as unknown as AnyCodec
  const error = Schema.Union([operation.errorSchema, AnyCallError])
  const reply = Reply(operation.successSchema, error) as unknown as AnyCodec
  return {
    encodePayload: orInvalidArgument(operation._tag, Schema.encodeUnknownResult(payload, strict)),
    decodePayload: strictDecoder(operation._tag, payload),
    encodeReply: Schema.encodeUnknownSync(reply),
    decodeReply: Schema.decodeUnknownSync(reply) as (reply: unknown) => ReplyEncoded
  }
}
