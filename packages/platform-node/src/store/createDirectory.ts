/** Private directories, made with everything above them. */
import { existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"

/**
 * Makes a directory and those above it, each 0700. Node's own `recursive` never returns where the system answers ENOENT
 * for a directory whose parent exists, as `/proc` does.
 */
export const createDirectory = (path: string): void => {
  if (existsSync(path)) return
  createDirectory(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (cause) {
    // Somebody else may have been faster, which is as good.
    if (!existsSync(path)) throw cause
  }
}
