/** Where syncs keep records: Nango's persist service, in memory, for one connection. */

/** A record with its `id`. */
export interface SyncRecord {
  readonly [field: string]: unknown
  readonly id: string
}

/** What a sync remembers to go on from. */
export type Checkpoint = Record<string, string | number | boolean>

interface Kept {
  record: SyncRecord
  /** The run that saved it last. */
  job: number
  isDeleted: boolean
}

/** All records of all models, and what syncs remember from one run to the next. */
export class Records {
  readonly #models = new Map<string, Map<string, Kept>>()
  /** By model: the run in which tracking of deletions began. */
  readonly tracking = new Map<string, number>()
  /** By function. */
  readonly checkpoints = new Map<string, Checkpoint>()
  /** The number of the run under way. */
  job = 0

  #of(model: string): Map<string, Kept> {
    const found = this.#models.get(model) ?? new Map<string, Kept>()
    this.#models.set(model, found)
    return found
  }

  save(model: string, records: ReadonlyArray<SyncRecord>): void {
    for (const record of records) this.#of(model).set(record.id, { record, job: this.job, isDeleted: false })
  }

  update(model: string, records: ReadonlyArray<SyncRecord>): void {
    for (const record of records) {
      const kept = this.#of(model).get(record.id)
      if (kept !== undefined) Object.assign(kept, { record: { ...kept.record, ...record }, job: this.job })
    }
  }

  delete(model: string, ids: ReadonlyArray<string>): void {
    for (const id of ids) {
      const kept = this.#of(model).get(id)
      if (kept !== undefined) kept.isDeleted = true
    }
  }

  /** Deletes what no run since `job` has saved; the ids of what went. */
  deleteBefore(model: string, job: number): Array<string> {
    const gone = [...this.#of(model)].flatMap(([id, kept]) => (kept.job < job && !kept.isDeleted ? [id] : []))
    this.delete(model, gone)
    return gone
  }

  /** As before the first run. */
  forget(): void {
    for (const kept of [this.#models, this.tracking, this.checkpoints]) kept.clear()
    this.job = 0
  }

  /** Records that were not deleted, by id. */
  live(model: string): ReadonlyMap<string, SyncRecord> {
    return new Map([...this.#of(model)].flatMap(([id, kept]) => (kept.isDeleted ? [] : [[id, kept.record]])))
  }
}
