/** The servers, and what each is known to do: data, so that the suite skips nothing in silence. */
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import { startJackson } from "../src/jackson.ts"
import { startQuirkServer } from "../src/QuirkServer.ts"
import type { Endpoint } from "./harness.ts"

/** What the suite measures, and how the client copes where a server does otherwise. */
export const capabilities = {
  discovery: { what: "ServiceProviderConfig, Schemas and ResourceTypes", copes: "finds out by trying" },
  createAndRead: {
    what: "a user is created and read back",
    copes: "builds addresses from the id, goes by the endpoint that was asked"
  },
  findByUserName: { what: "a user is found by `userName eq`", copes: "checks every row against what was asked" },
  userNameCase: { what: "how user names are compared", copes: "asks in the spelling given and in lower case" },
  patchUser: {
    what: "PATCH with a path, without one, and removing",
    copes: "tries other forms after a refusal, remembers the one that is taken"
  },
  replaceUser: { what: "PUT", copes: "carries `active` over when it is left out" },
  deactivate: { what: "`active` to false and back", copes: "sends a boolean" },
  deleteUser: { what: "DELETE", copes: "takes it for done, whatever the body" },
  duplicateUser: { what: "the same user name twice", copes: "looks for who is in the way, and proves it" },
  createGroupWithMembers: {
    what: "a group is created with members",
    copes: "reads back, adds by PATCH who is missing"
  },
  renameGroup: { what: "a group is renamed", copes: "goes by way of another name when case alone changes" },
  membersReadBack: {
    what: "members are added, one is removed",
    copes: "says when members cannot be proven; the doctor calls it an error"
  },
  unknownId: { what: "an id that nobody has", copes: "NotFound" },
  wrongToken: { what: "a wrong token", copes: "Unauthorized; the error holds no token" },
  unicode: { what: "names in any script, 200 characters and more", copes: "sends UTF-8, and encodes what is in a URL" },
  paging: {
    what: "250 users and more in pages of 40",
    copes: "reads past the total until a page is empty; says whether the list is whole"
  },
  projection: { what: "`attributes` and `excludedAttributes`", copes: "takes more than was asked for" },
  versions: { what: "ETag and If-Match", copes: "sends no condition when there are no versions" },
  bulk: { what: "Bulk with references", copes: "sends single requests" },
  quirks: { what: "quirks in the profile afterwards", copes: "remembers them" }
} as const

/** The name of a capability. */
export type Capability = keyof typeof capabilities

/** A server under test. */
export interface Subject {
  readonly name: string
  readonly start: () => Promise<Endpoint>
  /** What the suite finds, exactly. */
  readonly expected: Readonly<Record<Capability, string>>
  /** The doctor's findings that are not `ok`, by severity. */
  readonly doctor: Readonly<Record<string, string>>
}

const right = {
  discovery: "yes",
  createAndRead: "yes",
  findByUserName: "yes",
  userNameCase: "without case",
  patchUser: "yes",
  replaceUser: "yes",
  deactivate: "yes",
  deleteUser: "yes",
  duplicateUser: "409, found",
  createGroupWithMembers: "yes",
  renameGroup: "yes",
  membersReadBack: "yes",
  unknownId: "404",
  wrongToken: "401",
  unicode: "yes",
  paging: "whole",
  projection: "yes",
  versions: "yes",
  bulk: "yes",
  quirks: "none"
} as const satisfies Readonly<Record<Capability, string>>

/** Every server the suite runs against. */
export const subjects: ReadonlyArray<Subject> = [
  {
    name: "SCIMMY 1.3.5",
    start: async () => {
      const { close, scimUrl, token } = await startSandbox()
      return { url: scimUrl, token, close }
    },
    expected: { ...right, userNameCase: "with case", versions: "none", quirks: "etagMissing" },
    doctor: { filterCase: "warning", etags: "info" }
  },
  {
    name: "saml-jackson 26.2.0",
    start: startJackson,
    expected: {
      ...right,
      discovery: "no (404)",
      userNameCase: "with case",
      deleteUser: "yes, with a body",
      createGroupWithMembers: "members are never shown",
      membersReadBack: "members are never shown",
      paging: "all rows, but totalResults 50",
      projection: "no, all of it",
      versions: "none",
      bulk: "no (404)",
      quirks: [
        "conflictWithoutScimType",
        "deleteAnswersBody",
        "discoveryMissing",
        "duplicates",
        "errorShape",
        "etagMissing",
        "locationMissing",
        "plainJsonMediaType",
        "totalTooSmall"
      ].join(", ")
    },
    doctor: {
      contentTypes: "info",
      serviceProviderConfig: "warning",
      resourceTypes: "warning",
      schemas: "warning",
      memberRoleSchema: "skipped",
      discoveryById: "skipped",
      filterCase: "warning",
      attributes: "warning",
      excludedAttributes: "warning",
      searchPost: "info",
      unknownEndpoint: "info",
      invalidFilter: "warning",
      patchAdd: "warning",
      patchRemove: "skipped",
      memberRole: "warning",
      etags: "info",
      addMember: "error",
      removeMemberByFilter: "skipped",
      removeMemberByValue: "skipped",
      replaceGroup: "skipped",
      bulk: "skipped"
    }
  },
  {
    name: "quirk server",
    start: startQuirkServer,
    expected: right,
    doctor: {}
  }
]
