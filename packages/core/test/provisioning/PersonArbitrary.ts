/** Random people, and users as a server may have them. Few keys and names, so that people often meet. */
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { GroupKey, type Person, PersonKey, toResource, UserName } from "../../src/provisioning/Person.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { enterpriseUserUrn, rolePath } from "../../src/scim/Schemas.ts"

/** Attributes that people are given in tests. */
export const departmentPath = `${enterpriseUserUrn}:department`
export const workPhonePath = 'phoneNumbers[type eq "work"].value'

/** A person with what is usual, but for what is given. */
export const person = (
  key: string,
  rest: Partial<Omit<Person, "key" | "userName">> & { readonly userName?: string } = {}
): Person => {
  const { userName = `${key}@example.com`, ...others } = rest
  return {
    key: PersonKey.make(key),
    userName: UserName.make(userName),
    emails: [{ value: userName, type: "work", primary: true }],
    name: { givenName: key.toUpperCase(), familyName: "Doe", formatted: null },
    active: true,
    role: null,
    groups: [],
    attributes: {},
    at: `row ${key}`,
    ...others
  }
}

/** A group with a key of its own. */
export const group = (key: string, displayName: string) => ({
  key: GroupKey.make(key),
  displayName,
  at: `group ${key}`
})

/** The user a server has once a person was created there. */
export const user = (id: string, of: Person, more: JsonObject = {}): JsonObject => ({
  ...Result.getOrThrow(toResource(of)),
  id,
  meta: { version: `W/"${id}"` },
  ...more
})

const word = FastCheck.constantFrom("a", "b", "Ann", "é", 'q"\\', "x y")

const attributes = FastCheck.record(
  {
    title: FastCheck.option(word),
    displayName: word,
    [departmentPath]: FastCheck.option(word),
    [workPhonePath]: FastCheck.option(FastCheck.constantFrom("+1", "+2"))
  },
  { requiredKeys: [] }
).map((record) => {
  const made: { [path: string]: string | null } = {}
  for (const [path, value] of Object.entries(record)) if (value !== undefined) made[path] = value
  return made
})

/** A person with the given key; names and addresses belong to the key, so that nobody is in another's way. */
export const personOf = (key: string): FastCheck.Arbitrary<Person> =>
  FastCheck.record({
    givenName: FastCheck.option(word),
    familyName: FastCheck.option(word),
    active: FastCheck.boolean(),
    role: FastCheck.constantFrom(null, "default", "viewer", "creator", "admin"),
    groups: FastCheck.subarray(["Red", "Green", "Blue"]),
    second: FastCheck.boolean(),
    renamed: FastCheck.boolean(),
    attributes
  }).map(({ active, attributes, familyName, givenName, groups, renamed, role, second }) => {
    const userName = renamed ? `${key}.new@example.com` : `${key}@example.com`
    const primary = { value: userName, type: "work", primary: true }
    return person(key, {
      userName,
      emails: second ? [primary, { value: `${key}@home.example`, type: "home", primary: false }] : [primary],
      name: { givenName, familyName, formatted: null },
      active,
      role,
      groups,
      attributes
    })
  })

/** The keys that random directories draw from. */
export const keys = ["ann", "bob", "cid", "dan", "eve", "fay"] as const

/** A few people with different keys, in any order. */
export const people: FastCheck.Arbitrary<ReadonlyArray<Person>> = FastCheck.shuffledSubarray([...keys]).chain((some) =>
  FastCheck.tuple(...some.map(personOf))
)

/** Where a user has the role, for tests that read it. */
export const roleKey = rolePath
