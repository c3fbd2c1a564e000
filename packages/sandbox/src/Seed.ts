import { stableId } from "./Ids.ts"
import { ENTERPRISE_USER, MEMBER_ROLES, USER_SCHEMA } from "./Schemas.ts"
import type { UserRecord } from "./Tenant.ts"

const GIVEN = ["Ada", "Bruno", "Chidi", "Dalia", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas"]
const FAMILY = ["Abara", "Berg", "Castillo", "Dube", "Eriksen", "Fontaine", "Gupta", "Haddad", "Ito", "Jansen"]
const DEPARTMENTS = ["Engineering", "Design", "Sales", "Support", "People"]

// Fixed, so that two sandboxes with the same options hold the same directory.
const SEEDED_AT = "2026-01-05T09:00:00.000Z"

function pick(from: ReadonlyArray<string>, index: number): string {
  return from[index % from.length] ?? ""
}

function seedUser(index: number, domain: string): UserRecord {
  const given = pick(GIVEN, index)
  const family = pick(FAMILY, Math.floor(index / GIVEN.length))
  const email = `${given}.${family}.${index + 1}@${domain}`.toLowerCase()
  return {
    schemas: [USER_SCHEMA, ENTERPRISE_USER],
    id: `directory_user_${stableId(`${domain}/${index}`, 26)}`,
    externalId: `seed-${index + 1}`,
    userName: email,
    name: { givenName: given, familyName: family, formatted: `${given} ${family}` },
    displayName: `${given} ${family}`,
    active: true,
    emails: [{ value: email, type: "work", primary: true }],
    [ENTERPRISE_USER]: {
      department: pick(DEPARTMENTS, index),
      loomMemberRole: pick(MEMBER_ROLES, index)
    },
    meta: { created: SEEDED_AT, lastModified: SEEDED_AT }
  }
}

/** The first `count` users of a fixed directory of active people in `domain`; the same at every call. */
export function seedUsers(count: number, domain: string): ReadonlyArray<UserRecord> {
  return Array.from({ length: count }, (_, index) => seedUser(index, domain))
}
