/** URN of the core User schema, RFC 7643 §4.1. */
export const USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"

/** URN of the enterprise User extension, RFC 7643 §4.3; Loom's role attribute lives in it. */
export const ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

/** The values of Loom's `loomMemberRole`; `default` keeps the role a member already has. */
export const MEMBER_ROLES = ["default", "creator", "viewer", "admin"] as const
