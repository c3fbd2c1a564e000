/** One successful run of each function, to be recorded for Nango's own mocks. */
import type { Harness } from "./harness.ts"

const idOf = async (at: Harness, path: string, body: unknown): Promise<string> =>
  String((await at.scim("POST", path, body))["id"])

const userName = "ada@example.com"
const user = (at: Harness) => idOf(at, "/Users", { userName, name: { givenName: "Ada", familyName: "Lovelace" } })
const group = (at: Harness) => idOf(at, "/Groups", { displayName: "Engineering" })

/** An input for which something has to be there that it does not name. */
const beside = async (made: Promise<unknown>, input: unknown): Promise<unknown> => {
  await made
  return input
}

/** Makes what has to be there on an empty server, and gives the input of an action. */
export type Scenario = (at: Harness) => Promise<unknown>

/**
 * By the name of an action: makes what has to be there on an empty server, and gives the input. Its keys are in the order
 * of the model, since Nango's mocks compare what is sent as text, and do not put it through the model.
 */
export const scenarios: Readonly<Record<string, Scenario>> = {
  "create-scim-user": async () => ({ userName, name: { familyName: "Lovelace", givenName: "Ada" } }),
  "get-scim-user": async (at) => ({ id: await user(at) }),
  "list-scim-users": (at) => beside(user(at), { filter: `userName eq "${userName}"`, count: 10 }),
  "update-scim-user": async (at) => ({ id: await user(at), familyName: "King" }),
  "patch-scim-user": async (at) => ({
    userId: await user(at),
    operations: [{ op: "replace", path: "active", value: false }]
  }),
  "delete-scim-user": async (at) => ({ id: await user(at) }),
  "create-scim-group": async (at) => ({ displayName: "Engineering", members: [{ value: await user(at) }] }),
  "get-scim-group": async (at) => ({ id: await group(at) }),
  "list-scim-groups": (at) => beside(group(at), { count: 10 }),
  "update-scim-group": async (at) => ({
    groupId: await group(at),
    displayName: "Engineers",
    members: [{ op: "add", userId: await user(at) }]
  }),
  "patch-scim-group": async (at) => ({
    id: await group(at),
    operations: [{ op: "replace", path: "displayName", value: "Engineers" }]
  }),
  "delete-scim-group": async (at) => ({ id: await group(at) }),
  "get-service-provider-config": async () => ({}),
  "list-schemas": async () => ({}),
  "list-resource-types": async () => ({}),
  "create-user": async () => ({ firstName: "Ada", lastName: "Lovelace", email: userName }),
  "delete-user": async (at) => ({ id: await user(at) }),
  "provision-user": async () => ({
    externalId: "ada",
    email: userName,
    givenName: "Ada",
    familyName: "Lovelace",
    role: "Creator"
  }),
  "deprovision-user": async (at) => ({ id: await user(at), policy: "deactivate" }),
  "set-role": (at) => beside(user(at), { userName, role: "Viewer" }),
  // One request has one answer there, so that a group cannot be read before and after.
  "add-group-members": async (at) => {
    const userId = await user(at)
    const members = [{ value: userId }]
    return { groupId: await idOf(at, "/Groups", { displayName: "Engineering", members }), userIds: [userId] }
  },
  "remove-group-members": async (at) => ({ groupId: await group(at), userIds: [await user(at)] }),
  "setup-status": async () => ({}),
  "plan-reconcile": (at) =>
    beside(user(at), { people: [{ externalId: "1", email: userName, familyName: "King" }], policy: "deactivate" }),
  // The names are random without the seed. What writes reads the same user before and after, which has one answer there.
  "run-doctor": (at) => beside(user(at), { seed: "recorded" }),
  // The second call of a run: its name, which has the time in it, was made by the first and is kept with the connection.
  "apply-reconcile": async (at) => {
    const people = ["Ada", "Grace"].map((givenName) => ({
      externalId: givenName.toLowerCase(),
      email: `${givenName.toLowerCase()}@example.com`,
      givenName,
      groups: ["Engineering"]
    }))
    const input = { people, policy: "deactivate" }
    await at.action("apply-reconcile", { ...input, maxActions: 1 })
    return input
  }
}

/** Actions with a checkpoint, which of Nango's mocks only that of a sync has. */
export const withCheckpoint: ReadonlySet<string> = new Set(["apply-reconcile"])

/** By the name of a sync: what is there when it runs for the first time. */
export const syncScenarios: Readonly<Record<string, Scenario>> = {
  "scim-users": user,
  "scim-groups": async (at) =>
    idOf(at, "/Groups", { displayName: "Engineering", members: [{ value: await user(at) }] }),
  users: user
}

/** By the name of an event's function: what is there when it happens. */
export const eventScenarios: Readonly<Record<string, Scenario>> = {
  "post-connection-creation": user,
  "pre-connection-deletion": user,
  "validate-connection": user
}
