/** Checks of what the server says about itself (RFC 7644 §4), and of what only a probe sees. */
import { Effect, Option, Predicate, Result } from "effect"
import type { DoctorOptions } from "./DoctorOptions.ts"
import type { Report } from "./DoctorSession.ts"
import { after, bad, check, ok, skipped, still } from "./DoctorSession.ts"
import { isJsonObject, type JsonObject } from "./Json.ts"
import type { ProbeReport } from "./ProbeReport.ts"
import { claimsOf } from "./Profile.ts"
import * as Schemas from "./Schemas.ts"
import type { ScimClientOperations } from "./ScimClient.ts"

const media = "application/scim+json"

const judgeMedia = ({ findings }: ProbeReport) => {
  const asked = findings.filter(({ contentType, probe }) => probe !== "wrongToken" && contentType !== null)
  const others = asked.filter(({ contentType }) => contentType !== media)
  const evidence = asked.map(({ contentType, probe }) => `${probe}: ${contentType ?? "none"}`).join(", ")
  if (asked.length === 0) return bad("warning", "No answer had a media type.", "See the other findings first.")
  if (others.length === 0) return ok(evidence, undefined)
  const isJson = others.every(({ contentType }) => contentType === "application/json")
  return isJson
    ? still("info", evidence, "Nothing to do: JSON is read all the same.", undefined)
    : still("warning", evidence, "Check that no proxy or log-in page stands in between.", undefined)
}

/** Media types and the wrong token, from a probe. */
export const probed = Effect.fnUntraced(function* (report: Report, probe: DoctorOptions["probe"]) {
  if (probe === null) {
    yield* report(skipped("contentTypes", "No probe was made.", ""))
    yield* report(skipped("wrongToken", "No probe was made.", ""))
    return
  }
  const made = yield* Effect.cached(probe)
  const seen = yield* check(report, "contentTypes", Effect.map(made, judgeMedia))
  const finding = yield* Effect.option(made).pipe(
    Effect.map(Option.flatMapNullishOr(({ findings }) => findings.find(({ probe }) => probe === "wrongToken")))
  )
  if (Option.isNone(finding)) {
    yield* report(skipped("wrongToken", "The probe did not come so far.", `Solve ${seen.check}, then run again.`))
    return
  }
  const { message, next, severity } = finding.value
  const verdict =
    severity === "ok" ? ok(message, undefined) : bad(severity === "warning" ? "warning" : "error", message, next)
  yield* check(report, "wrongToken", Effect.succeed(verdict))
})

/** Some servers write their booleans as text. */
const claims = (config: JsonObject, feature: string): boolean => {
  const entry = config[feature]
  return isJsonObject(entry) && String(entry["supported"]).toLowerCase() === "true"
}

const features = ["patch", "bulk", "filter", "changePassword", "sort", "etag"] as const

const judgeConfig = (config: JsonObject) => {
  const has = features.filter((feature) => claims(config, feature))
  const evidence = `Claims: ${has.length === 0 ? "nothing" : has.join(", ")}.`
  const missing = (["patch", "filter"] as const).filter((feature) => !has.includes(feature))
  return missing.length === 0
    ? ok(evidence, config)
    : still(
        "warning",
        evidence,
        `It claims no ${missing.join(" and no ")}; see whether the checks of them pass.`,
        config
      )
}

const nameOf = (row: JsonObject): string =>
  [row["name"], row["id"]].find((value) => Predicate.isString(value))?.toString() ?? ""

const judgeTypes = (rows: ReadonlyArray<JsonObject>) => {
  const names = new Set(rows.map(nameOf))
  const has = ["User", "Group"].filter((name) => names.has(name))
  const missing = ["User", "Group"].filter((name) => !names.has(name))
  const evidence = `${rows.length} resource types; among them: ${has.join(", ") || "neither User nor Group"}.`
  return missing.length === 0
    ? ok(evidence, rows)
    : still("warning", evidence, `Missing: ${missing.join(", ")}; see whether listUsers and listGroups pass.`, rows)
}

const same = (left: unknown, right: string): boolean =>
  Predicate.isString(left) && left.toLowerCase() === right.toLowerCase()

const judgeSchemas = (rows: ReadonlyArray<JsonObject>) => {
  const wanted = [Schemas.userUrn, Schemas.groupUrn, Schemas.enterpriseUserUrn]
  const missing = wanted.filter((urn) => !rows.some(({ id }) => same(id, urn)))
  const evidence = `${rows.length} schemas.`
  return missing.length === 0
    ? ok(evidence, rows)
    : still("warning", evidence, `Not described: ${missing.join(", ")}. See whether writing works.`, rows)
}

const judgeRole = (rows: ReadonlyArray<JsonObject>) => {
  const name = Schemas.loomMemberRole.name
  const holder = rows.find(
    ({ attributes }) =>
      Array.isArray(attributes) && attributes.some((entry: unknown) => isJsonObject(entry) && same(entry["name"], name))
  )
  if (holder === undefined) {
    const next = "Map the role in step 3 of the set-up console, then run again with --write to see whether it is kept."
    return bad("warning", `No schema has ${name}.`, next)
  }
  const where = same(holder["id"], Schemas.enterpriseUserUrn) ? "the enterprise extension" : "a schema of its own"
  return ok(`${name} is in ${where}.`, undefined)
}

/** Every type and its schema read by id, and an id that nobody has refused. */
const readById = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  types: ReadonlyArray<JsonObject>,
  absent: string
) {
  for (const type of types) {
    const { id, schema } = type
    if (!Predicate.isString(id) || !Predicate.isString(schema)) {
      return bad("info", "A type has no id or no schema.", "Nothing to do.")
    }
    const { resource: read } = yield* client.get("ResourceTypes", id)
    const { resource: described } = yield* client.get("Schemas", schema)
    if (!same(read["id"], id) || !same(described["id"], schema)) {
      return bad("info", "Asking for a type or its schema gave something else.", "Nothing to do.")
    }
  }
  for (const endpoint of ["ResourceTypes", "Schemas"]) {
    const result = yield* Effect.result(client.get(endpoint, absent))
    if (Result.isSuccess(result)) return bad("info", `${endpoint} has even what does not exist.`, "Nothing to do.")
    if (result.failure._tag !== "NotFound") return yield* result.failure
  }
  return ok(`${types.length} types and their schemas were read; others are not found.`, undefined)
})

/**
 * Reads the three discovery endpoints; none of them is needed for provisioning, so what is missing is a warning. Yields
 * what the server claims, null when it does not say.
 */
export const discovery = Effect.fnUntraced(function* (report: Report, client: ScimClientOperations, absent: string) {
  const config = yield* check(
    report,
    "serviceProviderConfig",
    Effect.map(client.serviceProviderConfig, judgeConfig),
    "warning"
  )
  const types = yield* check(report, "resourceTypes", Effect.map(client.resourceTypes, judgeTypes), "warning")
  const schemas = yield* check(report, "schemas", Effect.map(client.schemas, judgeSchemas), "warning")
  yield* after(report, schemas, "memberRoleSchema", (rows) => Effect.succeed(judgeRole(rows)))
  yield* after(report, types, "discoveryById", (rows) => readById(client, rows, absent), "info")
  return Option.getOrNull(Option.map(config.value, claimsOf))
})
