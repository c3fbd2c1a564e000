/** Checks that write a disposable user: create, read, find, change each way. */
import { isJsonObject, type JsonObject } from "./Json.ts"
import { Effect, Option } from "effect"
import type { Duration } from "effect"
import { look } from "./DoctorDirectory.ts"
import * as Disposable from "./DoctorDisposable.ts"
import type { Ledger } from "./DoctorLedger.ts"
import type { Expected } from "./DoctorReadBack.ts"
import { readBack } from "./DoctorReadBack.ts"
import type { CheckError, Outcome, Report, Verdict } from "./DoctorSession.ts"
import { after, bad, check, ok, still } from "./DoctorSession.ts"
import { idOf } from "./ListPage.ts"
import * as Schemas from "./Schemas.ts"
import type { ScimClientOperations } from "./ScimClient.ts"
import { filterLiteral } from "./ScimClientRequest.ts"
import type { PatchOperation } from "./ScimClientTypes.ts"

/** What the checks that write work with. */
export interface Writing {
  readonly report: Report
  readonly client: ScimClientOperations
  readonly ledger: Ledger
  readonly name: string
  readonly domain: string
  readonly delay: Duration.Input
}

/** The disposable user on the server. */
export interface Patient {
  readonly id: string
}

const tell = "Tell whoever runs the server."

const same = (left: unknown, right: unknown): boolean =>
  typeof left === "string" && typeof right === "string" && left.toLowerCase() === right.toLowerCase()

/** Whether it says so; a missing value says neither. Some servers write their booleans as text. */
export const isActive = ({ active }: JsonObject, wanted = true): boolean =>
  String(active).toLowerCase() === String(wanted)

/** The values of the e-mail addresses, in lower case. */
const emailsOf = ({ emails }: JsonObject): ReadonlyArray<string> =>
  (Array.isArray(emails) ? emails : []).flatMap((entry: unknown) =>
    isJsonObject(entry) && typeof entry["value"] === "string" ? [entry["value"].toLowerCase()] : []
  )

const roleOf = (resource: JsonObject): unknown => {
  // URNs are compared without case (RFC 8141 §3.1 for their beginning; servers differ in the rest).
  const key = Object.keys(resource).find((name) => same(name, Schemas.enterpriseUserUrn))
  const extension = key === undefined ? undefined : resource[key]
  return isJsonObject(extension) ? extension[Schemas.loomMemberRole.name] : undefined
}

/** A role in words; a value that nobody knows is not repeated. */
const known = (role: unknown): string => {
  if (role === undefined || role === null) return "missing"
  return Schemas.loomMemberRole.canonicalValues.find((value) => value === role) ?? "something else"
}

const create = ({ domain, ledger, name, report }: Writing) =>
  check(
    report,
    "createUser",
    Effect.map(ledger.create("Users", Disposable.user(name, domain)), ({ id, settled }) => {
      const patient: Patient = { id }
      return settled === "answer"
        ? ok(`POST /Users made ${name}.`, patient)
        : still("warning", `${name} was made, but the answer was lost or had no id.`, tell, patient)
    })
  )

const attributesKept = (sent: JsonObject, kept: JsonObject): ReadonlyArray<string> => {
  const problems: Array<string> = []
  if (!same(sent["userName"], kept["userName"])) problems.push("userName")
  if (kept["externalId"] !== sent["externalId"]) problems.push("externalId")
  if (!isActive(kept)) problems.push("active")
  if (emailsOf(sent).some((email) => !emailsOf(kept).includes(email))) problems.push("emails")
  const name = kept["name"]
  if (!isJsonObject(name) || name["familyName"] !== "Doctor") problems.push("name")
  return problems
}

const read = ({ client, delay, domain, name, report }: Writing, created: Outcome<Patient>) =>
  after(report, created, "readUser", ({ id }) => {
    const sent = Disposable.user(name, domain)
    return readBack(
      Effect.map(client.get("Users", id), ({ resource }) => resource),
      delay,
      {
        holds: (kept) => attributesKept(sent, kept).length === 0,
        shown: "userName, externalId, name, emails and active came back as sent.",
        missing: (kept) => `Not as sent: ${attributesKept(sent, kept).join(", ")}.`,
        next: tell
      },
      "warning"
    )
  })

const find = ({ client, delay, domain, name, report }: Writing, created: Outcome<Patient>) =>
  after(report, created, "findUser", ({ id }) => {
    const filter = `userName eq ${filterLiteral(`${name}@${domain}`)}`
    const hits = Effect.map(look(client, "Users", { filter, count: 10, maxPages: 2 }), ({ rows }): JsonObject => ({
      ids: rows.map((row) => idOf(row))
    }))
    const ids = (found: JsonObject) => (Array.isArray(found["ids"]) ? found["ids"] : [])
    return readBack(hits, delay, {
      holds: (found) => ids(found).length === 1 && ids(found)[0] === id,
      shown: "userName eq found exactly the new user.",
      missing: (found) => `userName eq gave ${ids(found).length} users instead of the new one.`,
      next: tell
    })
  })

const duplicate = ({ domain, ledger, name, report }: Writing, created: Outcome<Patient>) =>
  after(report, created, "duplicateUser", ({ id }) => {
    const again = ledger.create("Users", Disposable.user(name, domain))
    return Effect.matchEffect(again, {
      onSuccess: (made) =>
        Effect.succeed(
          made.id === id
            ? bad("warning", "Creating the same user again gave the one there is, without a conflict.", tell)
            : bad("error", "Creating the same user again made a second one.", tell)
        ),
      onFailure: (error): Effect.Effect<Verdict<undefined>, CheckError> => {
        if (error._tag !== "Conflict") return Effect.fail(error)
        const found = error.resource === null ? "and was not found" : "and was found"
        return Effect.succeed(ok(`Creating the same user again is a conflict (${error.status}), ${found}.`, undefined))
      }
    })
  })

/** Patches the user and reads back what came of it. */
const patched = (
  { client, delay }: Writing,
  { id }: Patient,
  operations: ReadonlyArray<PatchOperation>,
  expected: Expected,
  severity: "warning" | "error" = "error"
) =>
  Effect.andThen(
    client.patch("Users", id, operations, { asGiven: true }),
    readBack(
      Effect.map(client.get("Users", id), ({ resource }) => resource),
      delay,
      expected,
      severity
    )
  )

const attribute = (name: string, value: string, next: string): Expected => ({
  holds: (resource) => resource[name] === value,
  shown: `${name} is ${JSON.stringify(value)}.`,
  missing: (resource) =>
    `${name} is ${resource[name] === undefined ? "missing" : "something else"} instead of ${JSON.stringify(value)}.`,
  next
})

const replace = (writing: Writing, created: Outcome<Patient>) => {
  const { client, delay, domain, name, report } = writing
  return after(report, created, "replaceUser", ({ id }) => {
    const whole = { ...Disposable.user(name, domain), displayName: "Doctor Replaced" }
    const named = attribute("displayName", "Doctor Replaced", "Use PATCH for changes.")
    return Effect.andThen(
      client.replace("Users", id, whole),
      readBack(
        Effect.map(client.get("Users", id), ({ resource }) => resource),
        delay,
        {
          ...named,
          holds: (resource) => named.holds(resource) && isActive(resource),
          missing: (resource) =>
            `${named.missing(resource)} ${isActive(resource) ? "" : "The user is not active."}`.trim()
        }
      )
    )
  })
}

const changes = Effect.fnUntraced(function* (writing: Writing, created: Outcome<Patient>) {
  const { domain, name, report } = writing
  yield* after(report, created, "patchPath", (patient) => {
    const expected = attribute("displayName", "Doctor By Path", "Use PUT, or PATCH without a path.")
    return patched(writing, patient, [{ op: "replace", path: "displayName", value: "Doctor By Path" }], expected)
  })
  yield* after(
    report,
    created,
    "patchPathless",
    (patient) => {
      const expected = attribute("displayName", "Doctor Pathless", "Name each attribute by path.")
      return patched(
        writing,
        patient,
        [{ op: "replace", value: { displayName: "Doctor Pathless" } }],
        expected,
        "warning"
      )
    },
    "warning"
  )
  const second = `${name}-second@${domain}`
  const added = yield* after(
    report,
    created,
    "patchAdd",
    (patient) =>
      Effect.map(
        patched(
          writing,
          patient,
          [{ op: "add", path: "emails", value: [{ value: second, type: "other" }] }],
          {
            holds: (resource) => emailsOf(resource).includes(second) && emailsOf(resource).length === 2,
            shown: "The second e-mail address was added to the first.",
            missing: (resource) => `After adding a second e-mail address there are ${emailsOf(resource).length}.`,
            next: "Replace the whole list instead."
          },
          "warning"
        ),
        (verdict): Verdict<Patient> => ({ ...verdict, value: Option.as(verdict.value, patient) })
      ),
    "warning"
  )
  yield* after(
    report,
    added,
    "patchRemove",
    (patient) =>
      patched(
        writing,
        patient,
        [{ op: "remove", path: 'emails[type eq "other"]' }],
        {
          holds: (resource) => !emailsOf(resource).includes(second) && emailsOf(resource).length === 1,
          shown: "The second e-mail address was removed, and the first was kept.",
          missing: (resource) => `After removing one of two e-mail addresses there are ${emailsOf(resource).length}.`,
          next: "Replace the whole list instead."
        },
        "warning"
      ),
    "warning"
  )
})

const role = (writing: Writing, created: Outcome<Patient>) =>
  after(
    writing.report,
    created,
    "memberRole",
    (patient) => {
      const path = `${Schemas.enterpriseUserUrn}:${Schemas.loomMemberRole.name}`
      const expected: Expected = {
        holds: (resource) => roleOf(resource) === "creator",
        shown: "loomMemberRole was changed from viewer to creator.",
        missing: (resource) => `loomMemberRole is ${known(roleOf(resource))} instead of creator.`,
        next: "Map the role in step 3 of the set-up console. Servers may also keep it without showing it: look in Loom."
      }
      return patched(writing, patient, [{ op: "replace", path, value: "creator" }], expected, "warning")
    },
    "warning"
  )

/** Runs them all; the outcome is the user that was made. */
export const user = Effect.fnUntraced(function* (writing: Writing): Effect.fn.Return<Outcome<Patient>> {
  const created = yield* create(writing)
  yield* read(writing, created)
  yield* find(writing, created)
  yield* duplicate(writing, created)
  yield* replace(writing, created)
  yield* changes(writing, created)
  yield* role(writing, created)
  return created
})
