import { readFile, rename, writeFile } from "node:fs/promises"
import { asObject, booleanField, InputError, isObject, optionalString, stringField, stringsField } from "./Input.ts"
import type { GroupRecord, RecordMeta, TenantSnapshot, UserRecord } from "./Tenant.ts"
import type { TokenSnapshot } from "./Token.ts"

/** Everything of a sandbox that survives a restart; no token is in it, only digests. */
export interface SandboxState {
  /** The random-looking last part of the SCIM URL. */
  readonly key: string
  readonly token: TokenSnapshot
  readonly tenant: TenantSnapshot
}

/** The data file exists but cannot be used; the message says what is wrong with it. */
export class DataFileError extends Error {
  override readonly name = "DataFileError"
}

const VERSION = 1

function decodeMeta(value: unknown): RecordMeta {
  const meta = asObject(value, '"meta"')
  return { created: stringField(meta, "created"), lastModified: stringField(meta, "lastModified") }
}

function decodeEmail(value: unknown): UserRecord["emails"][number] {
  const email = asObject(value, "An e-mail")
  return { ...email, value: stringField(email, "value") }
}

function decodeUser(value: unknown): UserRecord {
  const user = asObject(value, "A user")
  const emails = Array.isArray(user["emails"]) ? user["emails"] : []
  return {
    ...user,
    id: stringField(user, "id"),
    userName: stringField(user, "userName"),
    active: booleanField(user, "active"),
    emails: emails.map(decodeEmail),
    meta: decodeMeta(user["meta"])
  }
}

function decodeGroup(value: unknown): GroupRecord {
  const group = asObject(value, "A group")
  const externalId = optionalString(group, "externalId")
  return {
    id: stringField(group, "id"),
    displayName: stringField(group, "displayName"),
    ...(externalId === undefined ? {} : { externalId }),
    identity: stringField(group, "identity"),
    memberIds: stringsField(group, "memberIds"),
    meta: decodeMeta(group["meta"])
  }
}

function list<Item>(value: unknown, what: string, decode: (item: unknown) => Item): ReadonlyArray<Item> {
  if (!Array.isArray(value)) throw new InputError(`"${what}" must be an array.`)
  return value.map(decode)
}

function decodeState(value: unknown): SandboxState {
  const state = asObject(value, "The file")
  if (state["version"] !== VERSION) throw new InputError(`"version" must be ${VERSION}.`)
  const token = asObject(state["token"], '"token"')
  const tenant = asObject(state["tenant"], '"tenant"')
  const expiresAt = optionalString(token, "expiresAt")
  return {
    key: stringField(state, "key"),
    token: {
      digests: stringsField(token, "digests"),
      revoked: booleanField(token, "revoked"),
      ...(expiresAt === undefined ? {} : { expiresAt })
    },
    tenant: {
      softDelete: booleanField(tenant, "softDelete"),
      users: list(tenant["users"], "users", decodeUser),
      groups: list(tenant["groups"], "groups", decodeGroup)
    }
  }
}

/**
 * Reads the state kept in a file; undefined when there is no file yet. Rejects with
 * {@link DataFileError} when the file is not a state, and with the system's error when it cannot
 * be read.
 */
export async function readState(path: string): Promise<SandboxState | undefined> {
  let text: string
  try {
    text = await readFile(path, "utf8")
  } catch (error) {
    if (isObject(error) && error["code"] === "ENOENT") return undefined
    throw error
  }
  try {
    return decodeState(JSON.parse(text))
  } catch (error) {
    const reason = error instanceof InputError ? error.message : "It is not valid JSON."
    throw new DataFileError(`The sandbox cannot use its data file ${path}: ${reason}`, { cause: error })
  }
}

// Long enough to gather a burst of writes, short enough to lose little when killed.
const DEBOUNCE_MS = 200

/** Keeps the state of a sandbox in a file, readable by its owner alone. */
export class StateKeeper {
  readonly #path: string
  readonly #state: () => SandboxState
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string, state: () => SandboxState) {
    this.#path = path
    this.#state = state
  }

  /** Notes a change; it is written within 200 ms. A failing disk shows at {@link close}. */
  changed(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#write().catch(() => undefined)
    }, DEBOUNCE_MS)
  }

  /** Writes the last state; rejects with the system's error when that is not possible. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#write()
  }

  // One write after the other, whole files only: a reader never sees half a state.
  #write(): Promise<void> {
    const write = async (): Promise<void> => {
      const temporary = `${this.#path}.tmp`
      await writeFile(temporary, JSON.stringify({ version: VERSION, ...this.#state() }), { mode: 0o600 })
      await rename(temporary, this.#path)
    }
    this.#writing = this.#writing.then(write, write)
    return this.#writing
  }
}
