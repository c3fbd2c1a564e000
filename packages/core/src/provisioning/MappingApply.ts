/** Making people out of records by a mapping. */
import { isJsonObject, type Json, type JsonObject } from "../scim/Json.ts"
import { Result } from "effect"
import type { SourceRecord } from "../ports/PeopleSource.ts"
import { get, isArray } from "../scim/ResourceValue.ts"
import type { Compiled, Entry, GroupRule, Holds } from "./Mapping.ts"
import { type Email, isRole, type Person, personKey, type Role, roleRank, toResource, userName } from "./Person.ts"
import { foldName } from "./PersonDigest.ts"
import { fieldOf, isBlank, pieces } from "./SourceField.ts"
import { composed } from "./Text.ts"
import { change, evaluate, usualWords } from "./Transform.ts"

/** Why a record is no person. Never guessed: the record has to be mended, or the mapping. */
export interface MappingProblem {
  /** The SCIM path. */
  readonly field: string
  /** Where the record is, for people: `line 12`. */
  readonly at: string
  readonly detail: string
}

/** A person who is not to be provisioned, by `include` or `exclude`. */
export interface Excluded {
  readonly _tag: "Excluded"
  readonly key: string
  readonly at: string
  readonly reason: string
}

/** What a record amounts to. */
export type Mapped = { readonly _tag: "Mapped"; readonly person: Person } | Excluded

/** One step of a record's way, for people: which path, what was done, what came out. */
export interface TraceStep {
  readonly path: string
  readonly what: string
  readonly value: Json
}

/** Everything that happened to one record. */
export interface Trace {
  readonly at: string
  readonly steps: ReadonlyArray<TraceStep>
  readonly outcome: Result.Result<Mapped, ReadonlyArray<MappingProblem>>
}

type Note = (path: string, what: string, value: Json) => void
const silent: Note = () => {}

/** A single text; numbers are taken as they are written, several texts are nobody's choice but the mapping's. */
const single = (value: Json): Result.Result<string | null, string> => {
  if (isArray(value)) {
    const [first, second] = value
    if (first === undefined) return Result.succeed(null)
    return second === undefined
      ? single(first)
      : Result.fail(`has ${value.length} values; take one with transform: [first], or split them`)
  }
  if (isJsonObject(value)) return Result.fail("is an object; name a field in it, as in manager.id")
  if (value === null) return Result.succeed(null)
  const text = String(value).trim()
  return Result.succeed(text === "" ? null : text)
}

const looksLikeAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text)

const emailsFrom = (value: Json): Result.Result<ReadonlyArray<Email>, string> => {
  const found = new Map<string, Email>()
  let primary: string | null = null
  for (const entry of isArray(value) ? value : [value]) {
    if (entry === null) continue
    const address = isJsonObject(entry) ? get(entry, "value") : entry
    if (typeof address !== "string" || !looksLikeAddress(address.trim())) {
      return Result.fail(`${JSON.stringify(address ?? null)} is not an e-mail address`)
    }
    const folded = address.trim().toLowerCase()
    const type = isJsonObject(entry) ? get(entry, "type") : undefined
    if (isJsonObject(entry) && get(entry, "primary") === true) primary ??= folded
    if (found.has(folded)) continue
    found.set(folded, { value: folded, type: typeof type === "string" && type !== "" ? type : "work", primary: false })
  }
  const [first] = found.keys()
  return Result.succeed([...found.values()].map((email) => ({ ...email, primary: email.value === (primary ?? first) })))
}

const truthFrom = (value: Json): Result.Result<boolean, string> =>
  Result.map(evaluate({ from: "value", boolean: usualWords }, { value }), (truth) => truth === true)

/** Who is to have access is not read from a field that says nothing. */
const activeFrom = (value: Json): Result.Result<boolean, string> =>
  isBlank(value)
    ? Result.fail("is empty; what that means is said by otherwise: true or otherwise: false")
    : truthFrom(value)

const roleFrom = (value: Json): Result.Result<Role | null, string> => {
  const text = single(value)
  if (Result.isFailure(text)) return Result.fail(text.failure)
  const role = text.success?.toLowerCase() ?? null
  if (role === null || isRole(role)) return Result.succeed(role)
  return Result.fail(`${JSON.stringify(role)} is none of default, viewer, creator, admin`)
}

/** The names that a rule finds, before they are looked up. */
const namesBy = ({ from, otherwise, separator, transform }: GroupRule, fields: JsonObject) => {
  const held = fieldOf(fields, from)
  if (isBlank(held)) return Result.succeed(otherwise ?? [])
  const names = pieces(held ?? null, separator)
  if (transform === undefined) return names
  return names.pipe(
    Result.flatMap((texts) => change(texts, transform)),
    Result.flatMap((changed) => pieces(changed, undefined))
  )
}

const groupsOf = (
  { mapping }: Compiled,
  fields: JsonObject,
  note: Note
): Result.Result<ReadonlyArray<string>, string> => {
  // By the folded name, since SCIM compares displayName in any case; the first spelling stays.
  const groups = new Map<string, string>()
  for (const rule of mapping.groups ?? []) {
    const { from, values } = rule
    const names = namesBy(rule, fields)
    if (Result.isFailure(names)) return Result.fail(`field ${from}: ${names.failure}`)
    const table = new Map(Object.entries(values ?? {}).map(([word, group]) => [foldName(word), composed(group)]))
    for (const name of names.success) {
      const group = values === undefined ? name : table.get(foldName(name))
      if (group !== undefined && !groups.has(foldName(group))) groups.set(foldName(group), group)
    }
    note("groups", `field ${from}`, names.success)
  }
  return Result.succeed([...groups.values()])
}

const ruledRole = ({ mapping }: Compiled, groups: ReadonlyArray<string>, note: Note): Role | null => {
  const folded = new Set(groups.map(foldName))
  let best: Role | null = null
  for (const { group, role } of mapping.roles ?? []) {
    if (group !== undefined && !folded.has(foldName(group))) continue
    note("role", group === undefined ? "everybody" : `member of ${group}`, role)
    if (best === null || roleRank[role] > roleRank[best]) best = role
  }
  return best
}

/** As the schema has it: a server would answer a number as text, and it would seem changed for ever. */
const attributeFrom = (value: Json, holds: Holds): Result.Result<Json, string> => {
  if (value === null || value === "") return Result.succeed(null)
  switch (holds) {
    case "text":
      return single(value)
    case "truth":
      return truthFrom(value)
    case "any":
      return Result.succeed(value)
  }
}

interface Draft {
  key: string | null
  userName: string | null
  emails: ReadonlyArray<Email>
  active: boolean
  role: Role | null
  readonly name: { givenName: string | null; familyName: string | null; formatted: string | null }
  readonly attributes: { [path: string]: Json }
}

const put = (draft: Draft, entry: Entry, value: Json): string | undefined => {
  const { holds, path, target } = entry
  const store = <A>(read: Result.Result<A, string>, set: (value: A) => void): string | undefined => {
    if (Result.isFailure(read)) return read.failure
    set(read.success)
    return undefined
  }
  switch (target) {
    case "key":
      return store(single(value), (text) => void (draft.key = text))
    case "userName":
      return store(single(value), (text) => void (draft.userName = text?.toLowerCase() ?? null))
    case "active":
      return store(activeFrom(value), (truth) => void (draft.active = truth))
    case "emails":
      return store(emailsFrom(value), (emails) => void (draft.emails = emails))
    case "role":
      return store(roleFrom(value), (role) => void (draft.role = role))
    case "givenName":
    case "familyName":
    case "formatted":
      return store(single(value), (text) => void (draft.name[target] = text))
    case "attribute":
      return store(attributeFrom(value, holds), (held) => void (draft.attributes[path] = held))
  }
}

/** The user that filters look at: what is to be sent, and the groups as a server would show them. */
const filtered = (person: Person): Result.Result<JsonObject, string> =>
  Result.map(toResource(person), (user) => ({ ...user, groups: person.groups.map((display) => ({ display })) }))

const exclusion = (compiled: Compiled, person: Person): Result.Result<string | null, string> => {
  const { exclude, include, mapping } = compiled
  if (include === null && exclude === null) return Result.succeed(null)
  return Result.map(filtered(person), (user) => {
    if (include !== null && !include(user)) return `does not match include: ${mapping.include ?? ""}`
    return exclude !== null && exclude(user) ? `matches exclude: ${mapping.exclude ?? ""}` : null
  })
}

const convert = (
  compiled: Compiled,
  { at, fields }: SourceRecord,
  note: Note
): Result.Result<Mapped, ReadonlyArray<MappingProblem>> => {
  const problems: Array<MappingProblem> = []
  const refuse = (field: string, detail: string) => void problems.push({ field, at, detail })
  const name = { givenName: null, familyName: null, formatted: null }
  const draft: Draft = { key: null, userName: null, emails: [], active: true, role: null, name, attributes: {} }
  for (const entry of compiled.entries) {
    const value = evaluate(entry.source, fields, (what, held) => note(entry.path, what, held))
    const wrong = Result.isFailure(value) ? value.failure : put(draft, entry, value.success)
    if (wrong !== undefined) refuse(entry.path, wrong)
  }
  const has = (path: string) => problems.some(({ field }) => field === path)
  const key = personKey(draft.key)
  const login = userName(draft.userName)
  if (Result.isFailure(key) && !has("externalId")) refuse("externalId", "is empty; each person needs a lasting id")
  if (Result.isFailure(login) && !has("userName")) refuse("userName", "is empty")
  if (draft.emails.length === 0 && draft.userName !== null && looksLikeAddress(draft.userName)) {
    draft.emails = [{ value: draft.userName, type: "work", primary: true }]
    note("emails", "the user name is an address", draft.userName)
  }
  if (draft.emails.length === 0 && draft.userName !== null && !has("emails")) {
    refuse("emails", "is empty, and the user name is no address: a person without one cannot log in")
  }
  const named = groupsOf(compiled, fields, note)
  if (Result.isFailure(named)) refuse("groups", named.failure)
  const groups = Result.getOrElse(named, () => [])
  draft.role = ruledRole(compiled, groups, note) ?? draft.role
  if (Result.isFailure(key) || Result.isFailure(login) || problems.length > 0) return Result.fail(problems)
  const { active, attributes, emails, role } = draft
  // In the order of its schema, so that it is shown alike wherever it was made.
  const person: Person = {
    key: key.success,
    userName: login.success,
    emails,
    name,
    active,
    role,
    groups,
    attributes,
    at
  }
  const reason = exclusion(compiled, person)
  if (Result.isFailure(reason)) return Result.fail([{ field: "attributes", at, detail: reason.failure }])
  if (reason.success === null) return Result.succeed({ _tag: "Mapped", person })
  note("filter", reason.success, null)
  return Result.succeed({ _tag: "Excluded", key: person.key, at, reason: reason.success })
}

/**
 * Makes a person of a record. All that is wrong with it is reported at once; a word that is not understood, several
 * values where one is wanted and missing keys are problems and are never guessed.
 */
export const apply = (compiled: Compiled, record: SourceRecord): Result.Result<Mapped, ReadonlyArray<MappingProblem>> =>
  convert(compiled, record, silent)

/** The same, with each step on the way. */
export const trace = (compiled: Compiled, record: SourceRecord): Trace => {
  const steps: Array<TraceStep> = []
  const outcome = convert(compiled, record, (path, what, value) => void steps.push({ path, what, value }))
  return { at: record.at, steps, outcome }
}

/** The key of a record that may not make a person, so that whom it means is not taken for gone; null when unreadable. */
export const keyOf = (compiled: Compiled, record: SourceRecord): string | null => {
  const entry = compiled.entries.find(({ target }) => target === "key")
  if (entry === undefined) return null
  const value = Result.flatMap(evaluate(entry.source, record.fields), single)
  return Result.isSuccess(value) ? value.success : null
}
