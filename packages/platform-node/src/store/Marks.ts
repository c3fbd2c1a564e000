/** What tells cheaply whether a database has changed, so that what was read of it need not be read again. */
import { Context } from "effect"

/**
 * A mark of the database as it stands: as long as it is the same number, nothing was written to it by this process or
 * any other. Null when that cannot be told, which is always so unless the database's layer says otherwise: whoever
 * asks then reads.
 *
 * Take the mark before the reading it is kept with. What is written in between then makes the next mark another one.
 */
export const Marks = Context.Reference<() => number | null>("@loom-scim/platform-node/store/Marks", {
  defaultValue: () => () => null
})

/** Keeps what was read of `most` things at most; beyond that all is forgotten, and read again when it is asked for. */
export const keepOf =
  <Key, Value>(kept: Map<Key, Value>, most: number) =>
  (key: Key, value: Value): void => {
    if (kept.size >= most && !kept.has(key)) kept.clear()
    kept.set(key, value)
  }
