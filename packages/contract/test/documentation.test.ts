/** The OpenAPI document is what a stranger reads first: complete, and with examples that are true. */
import { assert, describe, it } from "@effect/vitest"
import { Predicate, Schema } from "effect"
import { OpenApi } from "effect/http-api"
import { Api } from "../src/Api.ts"
import { AuditEntry, AuditPage } from "../src/Audit.ts"
import { CheckReport } from "../src/Checks.ts"
import { Connection, ConnectionPage, NewConnection } from "../src/Connections.ts"
import { Credentials, NewToken } from "../src/Credentials.ts"
import * as Directory from "../src/Directory.ts"
import { DoctorReport, Examination } from "../src/Doctor.ts"
import { Members } from "../src/Groups.ts"
import { Alive, Ready } from "../src/Health.ts"
import { Job } from "../src/Jobs.ts"
import { Key, KeyPage, MadeKey, NewKey } from "../src/Keys.ts"
import { SeenQuirk, ServerProfile } from "../src/Profile.ts"
import { DriftReport, Plan, PlanTaken, PlanUpload, Upload } from "../src/Plans.ts"
import * as Problem from "../src/Problem.ts"
import { ProvisionProposal } from "../src/Provision.ts"
import { Again, FromPlan, Item, ItemPage, JournalPage, Note, Proposal } from "../src/Runs.ts"
import { RunBegun, RunPage, RunReport, RunShown } from "../src/Runs.ts"
import { Firing, FiringPage, NewSchedule, Schedule, ScheduleChange, SchedulePage } from "../src/Schedules.ts"
import { Command, EventPage, Permission, SetupEvent } from "../src/Setup.ts"
import { Setup, SetupStep, SetupTask, TaskAnswer } from "../src/SetupTask.ts"
import { NewRole } from "../src/Users.ts"
import * as Webhooks from "../src/Webhooks.ts"

const document = OpenApi.fromApi(Api)
const schemas = Object.entries(document.components.schemas)

const examplesOf = (schema: unknown): ReadonlyArray<unknown> =>
  Predicate.hasProperty(schema, "examples") && Array.isArray(schema.examples) ? schema.examples : []

const shown: Readonly<Record<string, Schema.Codec<unknown, unknown>>> = {
  Alive,
  Ready,
  CheckReport,
  Connection,
  ConnectionPage,
  NewConnection,
  Credentials,
  NewToken,
  Key,
  KeyPage,
  MadeKey,
  NewKey,
  DriftReport,
  Plan,
  PlanTaken,
  PlanUpload,
  Upload,
  ProvisionProposal,
  RunAgain: Again,
  NewRun: FromPlan,
  RunItem: Item,
  RunItemPage: ItemPage,
  RunJournalPage: JournalPage,
  RunProposal: Proposal,
  Note,
  RunBegun,
  RunPage,
  RunReport,
  Run: RunShown,
  Firing,
  FiringPage,
  NewSchedule,
  Schedule,
  ScheduleChange,
  SchedulePage,
  SetupCommand: Command,
  AuditEntry,
  AuditPage,
  EventPage,
  CommandPermission: Permission,
  SetupEvent,
  Setup,
  SetupStep,
  SetupTask,
  TaskAnswer,
  ScimResource: Directory.Resource,
  PatchOp: Directory.PatchOp,
  ShownRequest: Directory.ShownRequest,
  DirectoryOutcome: Directory.Outcome,
  ListVerdict: Directory.Verdict,
  ResourcePage: Directory.ResourcePage,
  NewRole,
  GroupMembers: Members,
  Examination,
  DoctorReport,
  Job,
  SeenQuirk,
  ServerProfile,
  Webhook: Webhooks.Webhook,
  MadeWebhook: Webhooks.MadeWebhook,
  NewWebhook: Webhooks.NewWebhook,
  WebhookChange: Webhooks.WebhookChange,
  WebhookPage: Webhooks.WebhookPage,
  SecretRotation: Webhooks.SecretRotation,
  WebhookDelivery: Webhooks.Delivery,
  WebhookDeliveryPage: Webhooks.DeliveryPage,
  WebhookDeliveryReport: Webhooks.DeliveryReport,
  ...Object.fromEntries(Problem.all.map((problem) => [problem.identifier, problem]))
}

describe("the OpenAPI document", () => {
  it("has an example of every schema, and each fits its schema", () => {
    for (const [name, schema] of schemas) {
      const examples = examplesOf(schema)
      assert.isAbove(examples.length, 0, `${name} has no example`)
      const codec = shown[name]
      assert.isDefined(codec, `${name} is not held against its schema here`)
      for (const example of examples) Schema.decodeUnknownSync(codec ?? Schema.Never)(example)
    }
  })

  it("names its schemas once, and as people would", () => {
    for (const [name] of schemas) assert.match(name, /^[A-Z][A-Za-z]+$/)
  })

  it("says of every operation what it is for", () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const summary = Predicate.hasProperty(operation, "summary") ? operation.summary : undefined
        assert.isString(summary, `${method} ${path}`)
      }
    }
  })

  it("says of every page how many may be asked for, and how the next one is", () => {
    const asked = Object.values(document.paths).flatMap(({ get }) =>
      (get?.parameters ?? []).filter((parameter) => parameter.in === "query" && parameter.name === "limit")
    )
    assert.isAbove(asked.length, 5)
    for (const { description, schema } of asked) {
      assert.deepStrictEqual(schema, { type: "integer", minimum: 1, maximum: 200, default: 50 })
      assert.include(description, "nextCursor")
    }
  })

  it("takes an Idempotency-Key on every POST", () => {
    const posts = Object.entries(document.paths).flatMap(([path, methods]) =>
      methods.post === undefined ? [] : [{ path, post: methods.post }]
    )
    assert.isAbove(posts.length, 5)
    for (const { path, post } of posts) {
      const names = post.parameters.map(({ name }) => name)
      assert.include(names, "idempotency-key", path)
      assert.isDefined(post.responses[409], path)
      assert.isDefined(post.responses[422], path)
    }
  })

  it("gives every problem a type of its own, under one scheme", () => {
    const problems = schemas.filter(([name]) => name.endsWith("Problem"))
    const types = problems.flatMap(([, schema]) =>
      examplesOf(schema).flatMap((example) =>
        Predicate.hasProperty(example, "type") && Predicate.isString(example.type) ? [example.type] : []
      )
    )
    assert.strictEqual(new Set(types).size, types.length)
    for (const type of types) assert.match(type, /^urn:loom-scim:problem:[a-z-]+$/)
  })
})
