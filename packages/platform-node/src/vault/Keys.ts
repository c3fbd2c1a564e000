/** Where the sealing keys come from: the environment, or else a file. */
import { Array as Arr, Config, Context, Effect, Layer, Option } from "effect"
import { KeyFailure } from "./KeyFailure.ts"
import * as KeyFile from "./KeyFile.ts"
import * as SealingKey from "./SealingKey.ts"
import type { KeyId } from "./SealingKey.ts"

/**
 * Where the keys live. A key beside the data protects only against a copy of the data without the key (a database
 * dump, a partial backup), not against someone who can read the directory: a screen should say so.
 */
export type KeyLocation =
  | { readonly kind: "environment" }
  | { readonly kind: "file"; readonly path: string; readonly besideData: boolean }

/** The keys of a rotation: what everything is sealed with next, and what it replaces, oldest first. */
export interface Staged {
  readonly current: SealingKey.SealingKey
  readonly retiring: Arr.NonEmptyReadonlyArray<SealingKey.SealingKey>
}

/** Every key at hand. They are read anew each time, so that another process's rotation is seen at once. */
export class Keys extends Context.Service<
  Keys,
  {
    readonly location: KeyLocation
    /** Every key, the current one last; none before the first token is sealed. */
    readonly all: Effect.Effect<ReadonlyArray<SealingKey.SealingKey>, KeyFailure>
    /** The key to seal with, made at first need. */
    readonly current: Effect.Effect<SealingKey.SealingKey, KeyFailure>
    /**
     * First step of a rotation: from here on there is a new current key, and the old ones still open what they sealed.
     * If a rotation was interrupted, its keys are staged again.
     */
    readonly stage: Effect.Effect<Staged, KeyFailure>
    /** Last step of a rotation: forgets these keys. The environment's are the operator's to remove. */
    readonly retire: (ids: ReadonlyArray<KeyId>) => Effect.Effect<void, KeyFailure>
  }
>()("@loom-scim/platform-node/vault/Keys") {}

const setting = (name: string): Effect.Effect<Option.Option<SealingKey.SealingKey>, KeyFailure> =>
  Config.Redacted(name).pipe(
    Config.option,
    Effect.orDie,
    Effect.flatMap(
      Option.match({
        onNone: () => Effect.succeedNone,
        onSome: (text) =>
          Option.match(SealingKey.parse(text), {
            onSome: Effect.succeedSome,
            onNone: () =>
              Effect.fail(
                new KeyFailure({
                  reason: "malformed",
                  detail: `${name} is set, but is not a key of 32 bytes in base64 or hex`,
                  next: "Give it the output of `openssl rand -base64 32`, or unset it to use the key file."
                })
              )
          })
      })
    )
  )

const fromEnvironment = (
  current: SealingKey.SealingKey,
  previous: Option.Option<SealingKey.SealingKey>
): Keys["Service"] => {
  const retiring = Option.toArray(previous).filter((key) => key.id !== current.id)
  return {
    location: { kind: "environment" },
    all: Effect.succeed([...retiring, current]),
    current: Effect.succeed(current),
    stage: Arr.isReadonlyArrayNonEmpty(retiring)
      ? Effect.succeed({ current, retiring })
      : Effect.fail(
          new KeyFailure({
            reason: "nothingToRotate",
            detail: "The key comes from LOOM_SCIM_KEY, and no other one is given to rotate from",
            next: "Put the present key into LOOM_SCIM_KEY_PREVIOUS and a new one (`openssl rand -base64 32`) into LOOM_SCIM_KEY, then rotate again."
          })
        ),
    retire: () => Effect.void
  }
}

const fromFile = (path: string, besideData: boolean): Keys["Service"] => {
  const present = Effect.flatMap(KeyFile.ensure(path), (keys) =>
    Arr.isReadonlyArrayNonEmpty(keys)
      ? Effect.succeed(keys)
      : Effect.fail(
          new KeyFailure({
            reason: "unreadable",
            detail: `The key file ${path} went away while it was read`,
            next: "Find out what removes it and restore it from a backup."
          })
        )
  )
  return {
    location: { kind: "file", path, besideData },
    all: KeyFile.read(path),
    current: Effect.map(present, Arr.lastNonEmpty),
    stage: Effect.gen(function* () {
      const keys = yield* present
      const earlier = Arr.initNonEmpty(keys)
      if (Arr.isReadonlyArrayNonEmpty(earlier)) return { current: Arr.lastNonEmpty(keys), retiring: earlier }
      const current = SealingKey.generate()
      yield* KeyFile.replace(path, [...keys, current])
      return { current, retiring: keys }
    }),
    retire: (ids) =>
      Effect.flatMap(KeyFile.read(path), (keys) => {
        const staying = keys.filter((key) => !ids.includes(key.id))
        return staying.length === keys.length || staying.length === 0 ? Effect.void : KeyFile.replace(path, staying)
      })
  }
}

/**
 * `LOOM_SCIM_KEY` if set (32 bytes in base64 or hex; `LOOM_SCIM_KEY_PREVIOUS` also opens what was sealed before), else
 * the key file, made when the first token is sealed. Fails with `KeyFailure` when a variable is set to something else
 * than a key. An empty variable counts as not set.
 */
export const layer = (options: {
  readonly file: string
  readonly besideData: boolean
}): Layer.Layer<Keys, KeyFailure> =>
  Layer.effect(
    Keys,
    Effect.gen(function* () {
      const current = yield* setting("LOOM_SCIM_KEY")
      const previous = yield* setting("LOOM_SCIM_KEY_PREVIOUS")
      if (Option.isNone(current) && Option.isSome(previous)) {
        return yield* new KeyFailure({
          reason: "malformed",
          detail: "LOOM_SCIM_KEY_PREVIOUS is set, but LOOM_SCIM_KEY is not",
          next: "Set LOOM_SCIM_KEY to the new key, or unset both to use the key file."
        })
      }
      return Option.match(current, {
        onNone: () => fromFile(options.file, options.besideData),
        onSome: (key) => fromEnvironment(key, previous)
      })
    })
  )

/** The key of that id, if it is at hand. */
export const find = (
  keys: Keys["Service"],
  id: KeyId
): Effect.Effect<Option.Option<SealingKey.SealingKey>, KeyFailure> =>
  Effect.map(
    keys.all,
    Arr.findFirst((key) => key.id === id)
  )
