/** A first mapping for a source, from the names of its columns, members or attributes. */
import { Result } from "effect"
import { parse, SyntaxFault } from "../scim/AttributePath.ts"
import { isJsonObject, type Json, type JsonObject } from "../scim/Json.ts"
import { isArray } from "../scim/ResourceValue.ts"
import { enterpriseUserUrn, rolePath } from "../scim/Schemas.ts"
import { cnOf } from "./DistinguishedName.ts"
import type { GroupRule, Mapping } from "./Mapping.ts"
import { fieldOf, isBlank, pieces } from "./SourceField.ts"
import type { BooleanWords, Transform, ValueSource } from "./Transform.ts"

/** Where an attribute is taken from, and why, in words. */
export interface Guessed {
  readonly path: string
  readonly header: string
  readonly reason: string
}

/** What was made of the columns. `left` are columns that nothing was made of, `missing` paths that a mapping needs. */
export interface Guess {
  readonly mapping: Mapping
  readonly guessed: ReadonlyArray<Guessed>
  readonly left: ReadonlyArray<string>
  readonly missing: ReadonlyArray<string>
}

const activeNames = ["active", "isactive", "enabled", "accountactive", "status", "employmentstatus", "accountstatus"]
const disabledNames = ["accountdisabled", "disabled", "isdisabled"]

/** The usual words for who is disabled. */
const turned: BooleanWords = { true: ["false", "no", "0"], false: ["true", "yes", "1"] }

/** Names of columns by path, the surest first, in lower case and without anything but letters and digits. */
const names: ReadonlyArray<readonly [path: string, names: ReadonlyArray<string>]> = [
  [
    "externalId",
    [
      "externalid",
      "employeeid",
      "employeenumber",
      "personid",
      "userid",
      "entryuuid",
      "objectguid",
      "objectid",
      "uid",
      "id"
    ]
  ],
  ["userName", ["username", "login", "userprincipalname", "upn", "samaccountname"]],
  ["emails", ["email", "emailaddress", "mail", "workemail", "primaryemail", "emails", "businessemail"]],
  ["name.givenName", ["givenname", "firstname", "namegivenname", "first", "forename", "vorname", "prenom"]],
  ["name.familyName", ["familyname", "lastname", "namefamilyname", "last", "surname", "sn", "nachname", "nom"]],
  ["displayName", ["displayname", "fullname", "name", "cn", "commonname"]],
  ["active", [...activeNames, ...disabledNames]],
  ["title", ["title", "jobtitle", "position"]],
  [`${enterpriseUserUrn}:department`, ["department", "dept", "team", "abteilung"]],
  [`${enterpriseUserUrn}:costCenter`, ["costcenter", "costcentre"]],
  [`${enterpriseUserUrn}:division`, ["division"]],
  [`${enterpriseUserUrn}:organization`, ["organization", "organisation", "company"]],
  [`${enterpriseUserUrn}:manager.value`, ["managerid"]],
  ["preferredLanguage", ["preferredlanguage", "language", "lang"]],
  ["locale", ["locale"]],
  ["timezone", ["timezone", "tz"]],
  ['phoneNumbers[type eq "work"].value', ["phone", "phonenumber", "workphone", "telephonenumber", "telephone"]],
  ['phoneNumbers[type eq "mobile"].value', ["mobile", "mobilephone", "cell", "cellphone"]],
  [rolePath, ["loommemberrole", "loomrole"]]
]

const needed = new Set(["externalId", "userName"])

const groupNames = new Set(["groups", "group", "memberof", "teams", "loomgroups"])

const letters = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

/** A name as it is compared; of a SCIM attribute with a URN, without the URN. */
const folded = (header: string): string => {
  const path = header.toLowerCase().startsWith("urn:") ? parse(header) : null
  return letters(
    path === null || path instanceof SyntaxFault ? header : `${path.name}${path.sub === null ? "" : `.${path.sub}`}`
  )
}

/** What records have in a field: one text each, lists of texts, or what is no text. */
type Shape = "text" | "list" | "other"

const shapeOf = (values: ReadonlyArray<Json>): Shape => {
  if (values.flat().some((value) => isJsonObject(value) || isArray(value))) return "other"
  return values.some((value) => isArray(value)) ? "list" : "text"
}

const sourceFor = (path: string, header: string, values: ReadonlyArray<Json>): ValueSource => {
  if (path === "emails") return { from: header, transform: ["trim", "lowercase"] }
  const first: ReadonlyArray<Transform> = shapeOf(values) === "list" ? ["first"] : []
  switch (path) {
    case "userName":
      return { from: header, transform: [...first, "trim", "lowercase"] }
    case "active": {
      const boolean = disabledNames.includes(folded(header)) ? turned : true
      const source = { from: header, transform: [...first, "trim"], boolean } as const
      return values.some(isBlank) ? { ...source, otherwise: true } : source
    }
    default:
      return first.length === 0 ? header : { from: header, transform: first }
  }
}

interface GuessedGroups {
  readonly rule: GroupRule
  readonly reason: string
}

/** How groups are read from a field, by what is in it; null when they cannot be. */
const groupsFrom = (header: string, values: ReadonlyArray<Json>): GuessedGroups | null => {
  const texts = values.map((value) => pieces(value, undefined))
  if (texts.some(Result.isFailure)) return null
  const names = texts.flatMap((found) => Result.getOrElse(found, () => []))
  if (names.length > 0 && names.every((name) => Result.isSuccess(cnOf(name)))) {
    return { rule: { from: header, transform: ["cn"] }, reason: "a usual name for them, each by its cn" }
  }
  return values.some((value) => isArray(value))
    ? { rule: { from: header }, reason: "a usual name for them, as a list" }
    : { rule: { from: header, separator: ";" }, reason: "a usual name for them, several separated by ;" }
}

// Deeper than that nothing of a person is.
const deepest = 3

const namesOf = (object: JsonObject, before: string, depth: number): ReadonlyArray<string> =>
  Object.entries(object).flatMap(([name, value]) =>
    isJsonObject(value) && depth < deepest
      ? namesOf(value, `${before}${name}${name.includes(":") ? ":" : "."}`, depth + 1)
      : [`${before}${name}`]
  )

/**
 * The names of fields in records that need not have the same ones; members of objects as in `name.givenName` and
 * `urn:…:2.0:User:department`.
 */
export const fieldNames = (records: Iterable<JsonObject>): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (const record of records) for (const name of namesOf(record, "", 1)) names.add(name)
  return [...names]
}

/**
 * Guesses a mapping: each column is used at most once, and an address serves as user name when there is no other. The
 * address serves as key too when no column has an id, which `missing` then still names: addresses change, ids do not.
 * `samples` are records, where there are any: how groups are written is seen there only.
 */
export const guess = (headers: ReadonlyArray<string>, samples: ReadonlyArray<JsonObject> = []): Guess => {
  const byName = new Map<string, string>()
  for (const header of headers) if (!byName.has(folded(header))) byName.set(folded(header), header)
  const attributes: { [path: string]: ValueSource } = {}
  const guessed: Array<Guessed> = []
  const used = new Set<string>()
  const valuesOf = (header: string) => samples.map((fields) => fieldOf(fields, header) ?? null)
  const isFit = (path: string, header: string) => path === "emails" || shapeOf(valuesOf(header)) !== "other"
  const take = (path: string, header: string, reason: string) => {
    attributes[path] = sourceFor(path, header, valuesOf(header))
    guessed.push({ path, header, reason })
    used.add(header)
  }
  for (const [path, known] of names) {
    const fit = known.flatMap((name) => byName.get(name) ?? []).filter((one) => !used.has(one) && isFit(path, one))
    // A key or a name that only some have is none for the others.
    const isEverybodys = (one: string) => !needed.has(path) || !valuesOf(one).some(isBlank)
    const header = fit.find(isEverybodys) ?? fit[0]
    if (header !== undefined) {
      const reason = folded(header) === known[0] ? "that is its name" : "a usual name for it"
      const isUnsaid = path === "active" && valuesOf(header).some(isBlank)
      take(path, header, isUnsaid ? `${reason}; who has none is taken for active` : reason)
    }
  }
  const missing: Array<string> = []
  const mail = guessed.find(({ path }) => path === "emails")?.header
  // SCIM has objects there.
  const address = mail !== undefined && shapeOf(valuesOf(mail)) === "other" ? `${mail}.value` : mail
  if (attributes["userName"] === undefined) {
    if (address === undefined) missing.push("userName")
    else take("userName", address, "nothing is named like a user name, and people log in with the address")
  }
  if (attributes["externalId"] === undefined) {
    missing.push("externalId")
    const login = address ?? guessed.find(({ path }) => path === "userName")?.header
    if (login !== undefined) attributes["externalId"] = sourceFor("userName", login, valuesOf(login))
  }
  const group = [...byName].find(([name, header]) => groupNames.has(name) && !used.has(header))?.[1]
  const groups = group === undefined ? null : groupsFrom(group, valuesOf(group))
  if (group !== undefined && groups !== null) {
    guessed.push({ path: "groups", header: group, reason: groups.reason })
    used.add(group)
  }
  return {
    mapping: { attributes, ...(groups === null ? {} : { groups: [groups.rule] }) },
    guessed,
    left: headers.filter((header) => !used.has(header)),
    missing
  }
}
