/** Permissions mean nothing to root, so as root they are tried with the rights of nobody. */
import { Effect } from "effect"
import { chownSync } from "node:fs"

const nobody = 65534
const isRoot = process.getuid?.() === 0

/** Makes a file or directory belong to whom `unprivileged` runs as. */
export const give = (path: string): void => {
  if (isRoot) chownSync(path, nobody, nobody)
}

const become = (id: number) => Effect.sync(() => process.seteuid?.(id))

/** Runs an effect with the rights of an ordinary user, in this process. */
export const unprivileged = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  isRoot
    ? Effect.acquireUseRelease(
        become(nobody),
        () => effect,
        () => become(0)
      )
    : effect
