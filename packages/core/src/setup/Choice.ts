/** The decisions a person makes during a set-up; each must be made, none has a silent default. */
import { Schema } from "effect"

/** What must be true before anything else. */
export const Prerequisite = Schema.Literals(["enterprisePlan", "samlSso"])
export type Prerequisite = typeof Prerequisite.Type

/**
 * The role given to people who arrive through SSO. Values of Loom's `loomMemberRole`; the names are one third party's
 * (field notes), so they are shown as "as your workspace names it".
 */
export const MemberRole = Schema.Literals(["viewer", "creator", "admin"])
export type MemberRole = typeof MemberRole.Type

/** Loom's "Enforce SSO" switch: `off` lets password log-in go on. */
export const EnforceSso = Schema.Literals(["off", "on"])
export type EnforceSso = typeof EnforceSso.Type

/** Loom's "Domain Capture": off (invitation or SCIM only), or new users of the verified domains are taken in. */
export const CapturePolicy = Schema.Literals(["off", "captureNewUsers"])
export type CapturePolicy = typeof CapturePolicy.Type

/** Loom's "Member Deprovisioning". */
export const DeprovisioningPolicy = Schema.Literals(["deactivate", "delete"])
export type DeprovisioningPolicy = typeof DeprovisioningPolicy.Type
