/** A policy as a server takes it. */
import type { GuardPolicy } from "@loom-scim/core/provisioning/Guard"
import type { PolicyText } from "@loom-scim/core/provisioning/PolicyRead"

/** What a policy file could say, and nothing else: the server knows the verified domains itself. */
export const policyText = ({ domains: _domains, groupDeletions: { count }, ...policy }: GuardPolicy): PolicyText => ({
  ...policy,
  groupDeletions: { count }
})
