import { createAction } from "nango"
import { removeGroupMembers, perform } from "../lib/core.js"
import { Membership, MembershipOutcome } from "../people.js"

export default createAction({
  description: "Lets people leave a group, in parts where there are many, and reads back who did.",
  version: "1.0.0",
  endpoint: { method: "DELETE", path: "/loom-scim/group/members", group: "Groups" },
  input: Membership,
  output: MembershipOutcome,
  scopes: ["groups:read", "groups:write"],
  exec: (nango, input) => perform(nango, { input, as: Membership, by: removeGroupMembers, answer: MembershipOutcome })
})
