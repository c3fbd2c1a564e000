/** The directory an embedded loom-scim keeps everything in. */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import type { Face } from "@loom-scim/core/setup/Evidence"
import { Config, Context, Effect, Layer, Option } from "effect"
import { accessSync, constants } from "node:fs"
import { homedir } from "node:os"
import { isAbsolute, join, resolve } from "node:path"
import { createDirectory } from "./createDirectory.ts"
import * as DirectoryLock from "./DirectoryLock.ts"
import { fromFileSystem } from "./StoreFailure.ts"

const setting = (name: string): Config.Config<Option.Option<string>> =>
  Config.String(name).pipe(Config.option, Config.map(Option.filter((value) => value.trim() !== "")))

/**
 * Where the data lives unless somebody says otherwise: `$LOOM_SCIM_HOME`, else `$XDG_DATA_HOME/loom-scim`, else
 * `~/.local/share/loom-scim`. A relative `XDG_DATA_HOME` is ignored, as its specification asks.
 */
export const defaultLocation: Config.Config<string> = Config.all({
  home: setting("LOOM_SCIM_HOME"),
  xdg: setting("XDG_DATA_HOME")
}).pipe(
  Config.map(({ home, xdg }) =>
    Option.match(home, {
      onSome: (path) => resolve(path),
      onNone: () =>
        join(
          Option.getOrElse(Option.filter(xdg, isAbsolute), () => join(homedir(), ".local", "share")),
          "loom-scim"
        )
    })
  )
)

/** The file the sealing keys live in unless they come from the environment. */
export const keyFileIn = (directory: string): string => join(resolve(directory), "key")

const prepare = (path: string): Effect.Effect<void, JournalFailure> =>
  Effect.try({
    try: () => {
      createDirectory(path)
      accessSync(`${path}/.`, constants.R_OK | constants.W_OK | constants.X_OK)
    },
    catch: fromFileSystem(path)
  })

/** A data directory that exists, can be written, and is held by this process alone. */
export class DataDirectory extends Context.Service<
  DataDirectory,
  {
    /** Absolute. */
    readonly path: string
    /** The SQLite database in it. */
    readonly database: string
  }
>()("@loom-scim/platform-node/store/DataDirectory") {
  /**
   * Creates the directory (0700) if need be and holds it until the layer's scope closes.
   *
   * Fails with `JournalFailure`: `readOnly`, `full`, `unavailable` (a file stands in the way), or `held` by another
   * process, which it names.
   */
  static readonly layer = (options: {
    readonly directory: string
    readonly face: Face
  }): Layer.Layer<DataDirectory, JournalFailure> =>
    Layer.effect(
      DataDirectory,
      Effect.gen(function* () {
        const path = resolve(options.directory)
        yield* prepare(path)
        yield* DirectoryLock.hold(path, options.face)
        return DataDirectory.of({ path, database: join(path, "loom-scim.db") })
      })
    )
}
