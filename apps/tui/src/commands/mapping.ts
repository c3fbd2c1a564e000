/** The mapping file of a reconcile. */
import type { Compiled } from "@loom-scim/core/provisioning/Mapping"
import { read, readSource } from "@loom-scim/core/provisioning/MappingRead"
import type { SourceSettings } from "@loom-scim/core/provisioning/SourceSettings"
import * as MappingFile from "@loom-scim/platform-node/sources/MappingFile"
import { Effect, Result } from "effect"
import type { Ended } from "../Exit.ts"
import { fileFailed } from "./source.ts"

/** Reads a mapping file. */
export const mappingOf = (path: string): Effect.Effect<Compiled, Ended> =>
  Effect.flatMap(Effect.mapError(MappingFile.read(path), fileFailed), (value) =>
    Effect.fromResult(Result.mapError(read(value), fileFailed))
  )

/** Reads only its `source` section, which may stand there before there is a mapping. */
export const settingsOf = (path: string): Effect.Effect<SourceSettings, Ended> =>
  Effect.flatMap(Effect.mapError(MappingFile.read(path), fileFailed), (value) =>
    Effect.fromResult(Result.mapError(readSource(value), fileFailed))
  )
