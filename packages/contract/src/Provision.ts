/** One person: what would be done about them, and why. It is done by a run of kind `provision`. */
import { Judgement } from "@loom-scim/core/provisioning/Guard"
import { Person } from "@loom-scim/core/provisioning/Person"
import { Plan } from "@loom-scim/core/provisioning/Plan"
import { Behaviour } from "@loom-scim/core/scim/Profile"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import { ShownRequest } from "./Directory.ts"
import { IdempotentUpload, idempotencyKey } from "./Idempotency.ts"
import { Upload, working } from "./Plans.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const resource = { externalId: "1", userName: "ada@acme.com" } as const

const example = {
  source: "people.csv",
  traces: [
    {
      at: "line 2",
      steps: [
        { path: "externalId", what: "field id", value: "1" },
        { path: "userName", what: "field email", value: "ada@acme.com" }
      ],
      mapped: {
        _tag: "Mapped",
        person: {
          key: "1",
          userName: "ada@acme.com",
          emails: [],
          name: { givenName: null, familyName: null, formatted: null },
          active: true,
          role: null,
          groups: [],
          attributes: {},
          at: "line 2"
        }
      },
      problems: []
    }
  ],
  failure: null,
  judgement: { _tag: "Clear" },
  plan: {
    version: 1,
    census: { people: 3, duplicates: 0, users: 5, managed: 2, unmanaged: 3, admins: 1 },
    withheld: [],
    counts: { Create: 1 },
    skipped: {},
    actions: [{ _tag: "Create", key: "1", label: "ada@acme.com", at: "line 2", reason: "newInSource", resource }]
  },
  requests: [[{ method: "POST", url: "https://api.workos.com/scim/v2.0/abc/Users", body: resource }]],
  tokenScheme: "Bearer",
  fingerprint: "1c9a3f5b7d2e40"
} as const

/** The way of one record through the mapping. */
const Trace = Schema.Struct({
  /** Where the source has it. */
  at: Schema.String,
  /** Which path got which value, and from where. */
  steps: Schema.Array(Schema.Struct({ path: Schema.String, what: Schema.String, value: Schema.Json })),
  /** Null when the record makes no person. */
  mapped: Schema.NullOr(
    Schema.Union([
      Schema.TaggedStruct("Mapped", { person: Person }),
      Schema.TaggedStruct("Excluded", { key: Schema.String, at: Schema.String, reason: Schema.String })
    ])
  ),
  /** Why it makes none. */
  problems: Schema.Array(Schema.Struct({ field: Schema.String, at: Schema.String, detail: Schema.String }))
})

/** What would be done about one person. */
export const ProvisionProposal = Schema.Struct({
  /** What the source is called. */
  source: Schema.String,
  /** Of each record of theirs; empty for one who is no longer in the source. */
  traces: Schema.Array(Trace),
  /** Why the source was not read to its end; null when it was. */
  failure: Schema.NullOr(Schema.String),
  /** What the guard says. */
  judgement: Judgement,
  plan: Plan,
  /** For each action of the plan, in its order. A server that refuses one may be asked in another form. */
  requests: Schema.Array(Schema.Array(ShownRequest)),
  /** How the token goes with them. */
  tokenScheme: Behaviour.fields.tokenScheme,
  /** Of the plan: given as `seen`, a run that would do something else by then is refused. */
  fingerprint: Schema.String
}).pipe(
  shown(
    "ProvisionProposal",
    "The way of one person through the mapping, what is decided about them, and the requests for it.",
    example
  )
)

/** The group. */
export class ProvisionGroup extends HttpApiGroup.make("provision")
  .add(
    HttpApiEndpoint.post("propose", "/connections/:connection/provision", {
      params: path,
      headers: idempotencyKey,
      payload: Upload,
      success: ProvisionProposal,
      error: working
    })
      .middleware(IdempotentUpload)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "What would be done about one person, with every request; changes nothing")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "One person on demand: looked at here, carried out by a run of kind provision.") {}
