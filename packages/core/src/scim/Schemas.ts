/** The schemas of RFC 7643 §4 as attribute definitions, with the characteristics of §8.7.1. */
import {
  type Attribute,
  attribute,
  complex,
  many,
  type ResourceType,
  resourceType,
  schema,
  type SchemaDefinition
} from "./Attribute.ts"

/** URN of the core User schema (RFC 7643 §4.1). */
export const userUrn = "urn:ietf:params:scim:schemas:core:2.0:User"
/** URN of the core Group schema (RFC 7643 §4.2). */
export const groupUrn = "urn:ietf:params:scim:schemas:core:2.0:Group"
/** URN of the enterprise User extension (RFC 7643 §4.3). */
export const enterpriseUserUrn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

/** The path of Loom's role in a user. */
export const rolePath = `${enterpriseUserUrn}:loomMemberRole`

const text = (name: string) => attribute(name, "string")
const exact = (name: string) => attribute(name, "string", { caseExact: true })
const readOnly = { mutability: "readOnly" } as const

/** The attributes that every resource has (RFC 7643 §3.1), `schemas` among them. */
export const common: ReadonlyArray<Attribute> = [
  many(attribute("schemas", "reference", { returned: "always" })),
  attribute("id", "string", { ...readOnly, caseExact: true, returned: "always", uniqueness: "server" }),
  exact("externalId"),
  complex(
    "meta",
    [
      attribute("resourceType", "string", { ...readOnly, caseExact: true }),
      attribute("created", "dateTime", readOnly),
      attribute("lastModified", "dateTime", readOnly),
      attribute("location", "reference", readOnly),
      attribute("version", "string", { ...readOnly, caseExact: true })
    ],
    readOnly
  )
]

/** The default sub-attributes of a multi-valued attribute (RFC 7643 §2.4). */
const values = (name: string, value: Attribute, canonicalValues: ReadonlyArray<string> = []): Attribute =>
  many(
    complex(name, [
      value,
      text("display"),
      attribute("type", "string", { canonicalValues }),
      attribute("primary", "boolean")
    ])
  )

/** The core User schema, every attribute of RFC 7643 §4.1. */
export const user: SchemaDefinition = schema(userUrn, "User", [
  ...common,
  attribute("userName", "string", { required: true, uniqueness: "server" }),
  complex("name", [
    text("formatted"),
    text("familyName"),
    text("givenName"),
    text("middleName"),
    text("honorificPrefix"),
    text("honorificSuffix")
  ]),
  text("displayName"),
  text("nickName"),
  attribute("profileUrl", "reference"),
  text("title"),
  text("userType"),
  text("preferredLanguage"),
  text("locale"),
  text("timezone"),
  attribute("active", "boolean"),
  attribute("password", "string", { mutability: "writeOnly", returned: "never" }),
  values("emails", text("value"), ["work", "home", "other"]),
  values("phoneNumbers", text("value"), ["work", "home", "mobile", "fax", "pager", "other"]),
  values("ims", text("value"), ["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
  values("photos", attribute("value", "reference"), ["photo", "thumbnail"]),
  many(
    complex("addresses", [
      text("formatted"),
      text("streetAddress"),
      text("locality"),
      text("region"),
      text("postalCode"),
      text("country"),
      attribute("type", "string", { canonicalValues: ["work", "home", "other"] }),
      attribute("primary", "boolean")
    ])
  ),
  many(
    complex(
      "groups",
      [
        attribute("value", "string", readOnly),
        attribute("$ref", "reference", readOnly),
        attribute("display", "string", readOnly),
        attribute("type", "string", { ...readOnly, canonicalValues: ["direct", "indirect"] })
      ],
      readOnly
    )
  ),
  values("entitlements", text("value")),
  values("roles", text("value")),
  values("x509Certificates", attribute("value", "binary"))
])

/** Loom's role attribute: its name in the enterprise extension and the values it may have. */
export const loomMemberRole: Attribute = attribute("loomMemberRole", "string", {
  canonicalValues: ["default", "creator", "viewer", "admin"]
})

/**
 * The enterprise User extension (RFC 7643 §4.3) and attributes that a vendor adds to it.
 *
 * @param vendor `[loomMemberRole]` unless said otherwise.
 */
export const enterpriseUser = (vendor: ReadonlyArray<Attribute> = [loomMemberRole]): SchemaDefinition =>
  schema(enterpriseUserUrn, "EnterpriseUser", [
    text("employeeNumber"),
    text("costCenter"),
    text("organization"),
    text("division"),
    text("department"),
    complex("manager", [text("value"), attribute("$ref", "reference"), attribute("displayName", "string", readOnly)]),
    ...vendor
  ])

/** The core Group schema (RFC 7643 §4.2). `displayName` is required by the text of §4.2. */
export const group: SchemaDefinition = schema(groupUrn, "Group", [
  ...common,
  attribute("displayName", "string", { required: true }),
  many(
    complex("members", [
      attribute("value", "string", { mutability: "immutable", caseExact: true }),
      attribute("$ref", "reference", { mutability: "immutable" }),
      attribute("type", "string", { mutability: "immutable", canonicalValues: ["User", "Group"] }),
      text("display")
    ])
  )
])

/** Users with the enterprise extension, and whatever other extensions a connection declares. */
export const userType = (extensions: ReadonlyArray<SchemaDefinition> = [enterpriseUser()]): ResourceType =>
  resourceType("User", "/Users", user, extensions)

/** Users as Loom takes them: the enterprise extension holds `loomMemberRole`. */
export const loomUser: ResourceType = userType()

/** Groups without extensions. */
export const groupType: ResourceType = resourceType("Group", "/Groups", group)
