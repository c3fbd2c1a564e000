/** The `nango` of an action or an event: Nango's own class and client over real HTTP. */
import { NangoActionBase } from "@nangohq/runner-sdk"
import type { ProxyConfiguration } from "@nangohq/runner-sdk"
import type * as z from "zod"
import type { Connection } from "./connection.ts"
import { proxyOver } from "./connection.ts"
import type { Checkpoint } from "./records.ts"
import type { NangoClient } from "./nangoPackages.ts"
import { clientOf } from "./nangoPackages.ts"
import { propsOf } from "./props.ts"

/** In the place of what functions of ours leave alone. */
export const unused = (): never => {
  throw new Error("functions of ours do not use this")
}

type CheckpointModel = z.ZodObject<Record<string, z.ZodString | z.ZodNumber | z.ZodBoolean>>

export class RunnerAction extends NangoActionBase<never, CheckpointModel> {
  readonly nango: NangoClient
  /** What was logged, oldest first. */
  readonly logs: Array<unknown> = []
  /** Called before each call of the proxy. */
  beforeProxy: () => void = () => undefined
  readonly #connection: Connection
  /** Of the checkpoint, when it was last read or written: it is written only while it is that one still. */
  #version = 0

  constructor(connection: Connection, host: string, name: string, scriptType: "action" | "on-event" = "action") {
    super(propsOf(scriptType, name))
    this.#connection = connection
    this.nango = clientOf(host)
  }

  override async proxy<T>(config: ProxyConfiguration) {
    this.beforeProxy()
    this.throwIfAbortedOrKilled()
    // As the platform's own: the connection is asked for before each call, and remembered for a minute.
    await this.getConnection()
    return proxyOver<T>(this.#connection, this.getProxyConfig(config))
  }
  override log(...entry: ReadonlyArray<unknown>): void {
    this.logs.push(entry[0])
  }
  override async getCheckpoint() {
    this.throwIfAbortedOrKilled()
    const { checkpoints } = this.#connection
    this.#version = checkpoints.version
    return checkpoints.value
  }
  override async saveCheckpoint(checkpoint: Checkpoint) {
    const { checkpoints } = this.#connection
    if (checkpoints.version !== this.#version) throw new Error("Error saving checkpoint: checkpoint_conflict")
    this.#version = ++checkpoints.version
    checkpoints.value = checkpoint
    this.throwIfAbortedOrKilled()
    this.throwIfInterrupted()
  }
  override clearCheckpoint = unused
  override triggerSync = unused
  override startSync = unused
  override uncontrolledFetch = unused
  override tryAcquireLock = unused
  override releaseLock = unused
  override releaseAllLocks = unused
}
