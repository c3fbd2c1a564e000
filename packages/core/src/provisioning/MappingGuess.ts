/** A first mapping for a source, from the names of its columns, members or attributes. */
import { isJsonObject, type JsonObject } from "../scim/Json.ts"
import { enterpriseUserUrn, rolePath } from "../scim/Schemas.ts"
import type { Mapping } from "./Mapping.ts"
import type { ValueSource } from "./Transform.ts"

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
  ["active", ["active", "isactive", "enabled", "status", "employmentstatus", "accountstatus"]],
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

const groupNames = new Set(["groups", "group", "memberof", "teams", "loomgroups"])

const folded = (header: string): string => header.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

const sourceFor = (path: string, header: string): ValueSource => {
  switch (path) {
    case "userName":
    case "emails":
      return { from: header, transform: ["trim", "lowercase"] }
    case "active":
      return { from: header, transform: ["trim"], boolean: true }
    default:
      return header
  }
}

// Deeper than that nothing of a person is.
const deepest = 3

const namesOf = (object: JsonObject, before: string, depth: number): ReadonlyArray<string> =>
  Object.entries(object).flatMap(([name, value]) =>
    isJsonObject(value) && depth < deepest && !name.includes(":")
      ? namesOf(value, `${before}${name}.`, depth + 1)
      : [`${before}${name}`]
  )

/** The names of fields in records that need not have the same ones; members of objects as in `name.givenName`. */
export const fieldNames = (records: Iterable<JsonObject>): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (const record of records) for (const name of namesOf(record, "", 1)) names.add(name)
  return [...names]
}

/**
 * Guesses a mapping: each column is used at most once, and an address serves as user name when there is no other. The
 * address serves as key too when no column has an id, which `missing` then still names: addresses change, ids do not.
 */
export const guess = (headers: ReadonlyArray<string>): Guess => {
  const byName = new Map<string, string>()
  for (const header of headers) if (!byName.has(folded(header))) byName.set(folded(header), header)
  const attributes: { [path: string]: ValueSource } = {}
  const guessed: Array<Guessed> = []
  const used = new Set<string>()
  const take = (path: string, header: string, reason: string) => {
    attributes[path] = sourceFor(path, header)
    guessed.push({ path, header, reason })
    used.add(header)
  }
  for (const [path, known] of names) {
    const header = known.map((name) => byName.get(name)).find((found) => found !== undefined && !used.has(found))
    if (header !== undefined) {
      take(path, header, folded(header) === known[0] ? "that is its name" : "a usual name for it")
    }
  }
  const missing: Array<string> = []
  const address = guessed.find(({ path }) => path === "emails")?.header
  if (attributes["userName"] === undefined) {
    if (address === undefined) missing.push("userName")
    else take("userName", address, "nothing is named like a user name, and people log in with the address")
  }
  if (attributes["externalId"] === undefined) {
    missing.push("externalId")
    const login = address ?? guessed.find(({ path }) => path === "userName")?.header
    if (login !== undefined) attributes["externalId"] = { from: login, transform: ["trim", "lowercase"] }
  }
  const group = [...byName].find(([name, header]) => groupNames.has(name) && !used.has(header))?.[1]
  if (group !== undefined) {
    guessed.push({ path: "groups", header: group, reason: "a usual name for them, several separated by ;" })
    used.add(group)
  }
  return {
    mapping: { attributes, ...(group === undefined ? {} : { groups: [{ from: group, separator: ";" }] }) },
    guessed,
    left: headers.filter((header) => !used.has(header)),
    missing
  }
}
