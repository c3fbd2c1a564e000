/** Creation and change times of a record, ISO 8601 in UTC (RFC 7643 §3.1). */
export interface RecordMeta {
  readonly created: string
  readonly lastModified: string
}

/** A user as kept: the SCIM attributes as plain JSON, `userName` in lower case. */
export interface UserRecord {
  readonly id: string
  readonly userName: string
  readonly active: boolean
  readonly emails: ReadonlyArray<{ readonly value: string; readonly [attribute: string]: unknown }>
  readonly meta: RecordMeta
  readonly [attribute: string]: unknown
}

/** A group as kept; members are user ids, resolved again at each reading. */
export interface GroupRecord {
  readonly id: string
  readonly displayName: string
  readonly externalId?: string
  /** externalId, else displayName, as of creation: WorkOS keeps it across renames. */
  readonly identity: string
  readonly memberIds: ReadonlyArray<string>
  readonly meta: RecordMeta
}

/** Everything a tenant holds, as plain JSON. */
export interface TenantSnapshot {
  readonly softDelete: boolean
  readonly users: ReadonlyArray<UserRecord>
  readonly groups: ReadonlyArray<GroupRecord>
}

function emailKeys(user: UserRecord): ReadonlyArray<string> {
  return user.emails.map((email) => email.value.toLowerCase())
}

/** The directory of one workspace, in memory, with the indexes its uniqueness rules need. */
export class Tenant {
  readonly #users = new Map<string, UserRecord>()
  readonly #groups = new Map<string, GroupRecord>()
  readonly #byUserName = new Map<string, string>()
  readonly #byActiveEmail = new Map<string, string>()
  readonly #byIdentity = new Map<string, string>()
  readonly #changed: () => void
  #softDelete: boolean

  /** `changed` is called after every change worth keeping. */
  constructor(snapshot: TenantSnapshot, changed: () => void) {
    for (const user of snapshot.users) this.#index(user)
    for (const group of snapshot.groups) this.#indexGroup(group)
    this.#softDelete = snapshot.softDelete
    this.#changed = changed
  }

  /** WorkOS "suspension soft delete": off means that deactivation deletes. */
  get softDelete(): boolean {
    return this.#softDelete
  }

  set softDelete(on: boolean) {
    this.#softDelete = on
    this.#changed()
  }

  get userCount(): number {
    return this.#users.size
  }

  get groupCount(): number {
    return this.#groups.size
  }

  users(): ReadonlyArray<UserRecord> {
    return [...this.#users.values()]
  }

  groups(): ReadonlyArray<GroupRecord> {
    return [...this.#groups.values()]
  }

  user(id: string): UserRecord | undefined {
    return this.#users.get(id)
  }

  group(id: string): GroupRecord | undefined {
    return this.#groups.get(id)
  }

  /** Id of the user with this userName, in any case. */
  userNameOwner(userName: string): string | undefined {
    return this.#byUserName.get(userName.toLowerCase())
  }

  /** Id of the active user with this e-mail address, in any case. */
  activeEmailOwner(email: string): string | undefined {
    return this.#byActiveEmail.get(email.toLowerCase())
  }

  /** Id of the group with this identity. */
  identityOwner(identity: string): string | undefined {
    return this.#byIdentity.get(identity)
  }

  /** Adds or replaces a user; the caller has checked the rules. */
  putUser(user: UserRecord): void {
    this.#unindex(user.id)
    this.#index(user)
    this.#changed()
  }

  /** Removes a user and its memberships; false when there is none. */
  removeUser(id: string): boolean {
    if (!this.#users.has(id)) return false
    this.#unindex(id)
    this.#users.delete(id)
    for (const group of this.#groups.values()) {
      if (group.memberIds.includes(id)) {
        this.#groups.set(group.id, { ...group, memberIds: group.memberIds.filter((member) => member !== id) })
      }
    }
    this.#changed()
    return true
  }

  /** Adds or replaces a group; the caller has checked the rules. */
  putGroup(group: GroupRecord): void {
    this.#indexGroup(group)
    this.#changed()
  }

  /** Removes a group; false when there is none. */
  removeGroup(id: string): boolean {
    const group = this.#groups.get(id)
    if (group === undefined) return false
    this.#groups.delete(id)
    this.#byIdentity.delete(group.identity)
    this.#changed()
    return true
  }

  /** Everything, for keeping in a file. */
  snapshot(): TenantSnapshot {
    return { softDelete: this.#softDelete, users: this.users(), groups: this.groups() }
  }

  #index(user: UserRecord): void {
    this.#users.set(user.id, user)
    this.#byUserName.set(user.userName.toLowerCase(), user.id)
    if (user.active) for (const key of emailKeys(user)) this.#byActiveEmail.set(key, user.id)
  }

  #unindex(id: string): void {
    const user = this.#users.get(id)
    if (user === undefined) return
    this.#byUserName.delete(user.userName.toLowerCase())
    if (user.active) for (const key of emailKeys(user)) this.#byActiveEmail.delete(key)
  }

  #indexGroup(group: GroupRecord): void {
    this.#groups.set(group.id, group)
    this.#byIdentity.set(group.identity, group.id)
  }
}
