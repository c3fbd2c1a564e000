/** The `nango` of a sync: Nango's own class and client over real HTTP, records in memory. */
import { InvalidRecordSDKError, NangoSyncBase } from "@nangohq/runner-sdk"
import type { ProxyConfiguration } from "@nangohq/runner-sdk"
import type * as z from "zod"
import type { Connection } from "./connection.ts"
import { proxyOver } from "./connection.ts"
import type { NangoClient } from "./nangoPackages.ts"
import { clientOf } from "./nangoPackages.ts"
import type { Props } from "./props.ts"
import type { Checkpoint, Records, SyncRecord } from "./records.ts"
import { unused } from "./RunnerAction.ts"

type CheckpointModel = z.ZodObject<Record<string, z.ZodString | z.ZodNumber | z.ZodBoolean>>

const isRecord = (value: object): value is SyncRecord => "id" in value && typeof value.id === "string"

/** Records as the platform takes them: objects with an `id` that is a text. */
const recordsOf = (given: ReadonlyArray<object>): ReadonlyArray<SyncRecord> => {
  if (!given.every(isRecord)) throw new Error("a record has no id")
  return given
}

export class RunnerSync extends NangoSyncBase<never, never, CheckpointModel> {
  readonly nango: NangoClient
  /** What was logged, oldest first. */
  readonly logs: Array<unknown> = []
  /** Ids of the records that the end of tracking deleted, by model. */
  readonly deleted = new Map<string, ReadonlyArray<string>>()
  readonly #connection: Connection
  readonly #records: Records
  readonly #name: string

  constructor(connection: Connection, host: string, records: Records, props: Props) {
    super(props)
    this.#connection = connection
    this.#records = records
    this.#name = props.syncConfig.sync_name
    this.nango = clientOf(host)
  }

  override async proxy<T>(config: ProxyConfiguration) {
    this.throwIfAbortedOrKilled()
    // As the platform's own: the connection is asked for before each call, and remembered for a minute.
    await this.getConnection()
    return proxyOver<T>(this.#connection, this.getProxyConfig(config))
  }
  override log(...entry: ReadonlyArray<unknown>): void {
    this.logs.push(entry[0])
  }

  override batchSave(results: Array<object>, model: PropertyKey): boolean {
    this.throwIfAbortedOrKilled()
    const wrong = this.validateRecords(String(model), results)
    if (wrong.length > 0) throw new InvalidRecordSDKError({ model, wrong })
    this.#records.save(String(model), recordsOf(results))
    return true
  }
  override batchUpdate(results: Array<object>, model: PropertyKey): boolean {
    this.throwIfAbortedOrKilled()
    this.#records.update(String(model), recordsOf(results))
    return true
  }
  override batchDelete(results: Array<object>, model: PropertyKey): boolean {
    this.throwIfAbortedOrKilled()
    this.#records.delete(
      String(model),
      recordsOf(results).map(({ id }) => id)
    )
    return true
  }
  override getRecordsByIds = unused
  override listRecords = unused
  override deleteRecordsFromPreviousExecutions = unused
  override setMergingStrategy = unused

  override trackDeletesStart(model: PropertyKey): void {
    this.throwIfAbortedOrKilled()
    const { job, tracking } = this.#records
    if (!tracking.has(String(model))) tracking.set(String(model), job)
  }
  override trackDeletesEnd(model: PropertyKey): { deletedKeys: Array<string> } {
    this.throwIfAbortedOrKilled()
    const since = this.#records.tracking.get(String(model))
    if (since === undefined) throw new Error(`No track deletes starting point found for model '${String(model)}'.`)
    const deletedKeys = this.#records.deleteBefore(String(model), since)
    this.#records.tracking.delete(String(model))
    this.deleted.set(String(model), deletedKeys)
    return { deletedKeys }
  }

  override async getCheckpoint() {
    this.throwIfAbortedOrKilled()
    return this.#records.checkpoints.get(this.#name) ?? null
  }
  override async saveCheckpoint(checkpoint: Checkpoint) {
    this.#records.checkpoints.set(this.#name, checkpoint)
    this.throwIfAbortedOrKilled()
    this.throwIfInterrupted()
  }
  override async clearCheckpoint() {
    this.#records.checkpoints.delete(this.#name)
  }
  override triggerSync = unused
  override startSync = unused
  override uncontrolledFetch = unused
  override tryAcquireLock = unused
  override releaseLock = unused
  override releaseAllLocks = unused
}
