import { createAction } from "nango"
import { addGroupMembers, perform } from "../lib/core.js"
import { Membership, MembershipOutcome } from "../people.js"

export default createAction({
  description: "Lets people join a group, in parts where there are many, and reads back who did.",
  version: "1.0.0",
  endpoint: { method: "POST", path: "/loom-scim/group/members", group: "Groups" },
  input: Membership,
  output: MembershipOutcome,
  scopes: ["groups:read", "groups:write"],
  exec: (nango, input) => perform(nango, { input, as: Membership, by: addGroupMembers, answer: MembershipOutcome })
})
