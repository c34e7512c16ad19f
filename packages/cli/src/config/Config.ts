/**
 * What a person writes into `spawnbroker.config.json` (or `.ts`): the daemons of a project, and the policies and tokens of
 * those who may use its broker.
 *
 * The daemons themselves need no policy: what each of them is, is what may run, and nothing else.
 */
import { DaemonName, DaemonSpec, DurationText, EnvironmentGrant, Limits, Policy, Sandbox } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"

const described = <S extends Schema.Top>(description: string, schema: S) =>
  Schema.optionalKey(schema).pipe(Schema.annotateKey({ description }))

const Path = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(4096))
const Name = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9._-]*$/), Schema.isMaxLength(64))

const { name: _name, envFile: _envFile, pidFile: _pidFile, log, ...daemonFields } = DaemonSpec.fields

/** As a `DaemonSpec`, named by its key; paths may be relative to the file. */
export const ConfigDaemon = Schema.Struct({
  ...daemonFields,
  envFile: described("A file of lines NAME=value, read at each start.", Path),
  pidFile: described("Where its PID is written.", Path),
  log: described(
    "Where its output goes, besides to those who ask for its logs.",
    Schema.Struct({ ...log.schema.fields, file: Path })
  )
})
export type ConfigDaemon = typeof ConfigDaemon.Type

/** As a `Policy`, whose `subject` is its key if it is left out. */
export const ConfigPolicy = Policy.mapFields(Struct.evolve({ subject: (subject) => Schema.optionalKey(subject) }))
export type ConfigPolicy = typeof ConfigPolicy.Type

/** What users of a role may do. The subject is the user. */
const RolePolicy = Policy.mapFields(Struct.omit(["subject"]))

/** How `spawnbroker serve` serves it. */
export const ConfigGateway = Schema.Struct({
  host: described("The address to listen at. Absent: 127.0.0.1.", Schema.String.check(Schema.isMinLength(1))),
  port: described("The port. Absent: 8080.", Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
  hosts: described("Names by which it is reached besides its address.", Schema.Array(Schema.String)),
  origins: described("Origins of other pages that may connect with a token.", Schema.Array(Schema.String)),
  tls: described("Certificate and key, files in PEM.", Schema.Struct({ cert: Path, key: Path })),
  users: described(
    "Who may log in, and as what. Absent: whoever starts it, as admin.",
    Schema.Record(Name, Schema.Literals(["admin", "operator", "viewer"]))
  ),
  roles: described(
    "What the users of each role may do, in the place of the defaults.",
    Schema.Struct({
      admin: Schema.optionalKey(RolePolicy),
      operator: Schema.optionalKey(RolePolicy),
      viewer: Schema.optionalKey(RolePolicy)
    })
  ),
  sessionLifetime: described("How long a log-in lasts. Absent: 12 hours.", DurationText)
})
export type ConfigGateway = typeof ConfigGateway.Type

export const Config = Schema.Struct({
  $schema: described("Where the JSON Schema of this file is, for editors.", Schema.String),
  name: described("What the project is called in lists. Absent: as its directory.", Name),
  daemons: described("Named processes that are kept running, by their names.", Schema.Record(DaemonName, ConfigDaemon)),
  env: described(
    "The environment of the daemons, besides what each of them has in `env`. Absent: PATH and HOME of whoever starts them.",
    EnvironmentGrant
  ),
  limits: described("What each daemon may use.", Limits),
  sandbox: described("What the daemons can see and reach. Absent: what their user can.", Sandbox),
  health: described(
    "Where the health of the project is served over HTTP, at /live, /ready and /health. Absent: nowhere.",
    Schema.Struct({
      port: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })).pipe(
        Schema.annotateKey({ description: "0: any that is free, which `up` says." })
      ),
      host: described("The address. Absent: 127.0.0.1.", Schema.String.check(Schema.isMinLength(1)))
    })
  ),
  policies: described("Policies by which tokens are minted.", Schema.Record(Name, ConfigPolicy)),
  tokens: described(
    "Tokens that are there as long as the project is up, each in a file that only its user can read.",
    Schema.Record(
      Name,
      Schema.Struct({
        policy: Name.pipe(Schema.annotateKey({ description: "One of `policies`." })),
        file: Path.pipe(
          Schema.annotateKey({ description: "Where it is written. It is removed when the project ends." })
        )
      })
    )
  ),
  history: described(
    "Whether it is remembered what has run, in the user's history: see `spawnbroker history`. Absent: it is.",
    Schema.Boolean
  ),
  gateway: described("How `spawnbroker serve` serves it.", ConfigGateway),
  secrets: described(
    "Values that policies and `env` refer to by name: each the content of a file, or a variable of whoever starts the project.",
    Schema.Record(Name, Schema.Union([Schema.Struct({ file: Path }), Schema.Struct({ env: Name })]))
  )
})
export type Config = typeof Config.Type
