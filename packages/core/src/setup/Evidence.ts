/**
 * Why we believe that something is so. What the program saw for itself and what a person vouched for are two types,
 * so that no screen, report or guard can take one for the other.
 */
import { Schema } from "effect"
import { Step } from "./Step.ts"

/** Where a change came from. */
export const Face = Schema.Literals(["tui", "cli", "api", "nango"])
export type Face = typeof Face.Type

/** Who did something, and through which face. */
export const Actor = Schema.Struct({ name: Schema.NonEmptyString, face: Face })
export type Actor = typeof Actor.Type

/** The program's own checks. */
export const Verifier = Schema.Literals(["dns-txt", "member-list", "saml-metadata", "bridge-url", "scim-probe"])
export type Verifier = typeof Verifier.Type

/** Seen by one of the program's verifiers. `saw` is one line that a person can compare with their own screen. */
export const Checked = Schema.TaggedStruct("Checked", {
  by: Verifier,
  at: Schema.DateTimeUtcFromString,
  saw: Schema.String
})
export type Checked = typeof Checked.Type

/** Vouched for by a person, in the words that were put to them. */
export const Attested = Schema.TaggedStruct("Attested", {
  by: Actor,
  at: Schema.DateTimeUtcFromString,
  statement: Schema.String
})
export type Attested = typeof Attested.Type

/** Either kind, never mixed. */
export const Evidence = Schema.Union([Checked, Attested])
export type Evidence = typeof Evidence.Type

/** A step whose earlier evidence no longer stands, and what that puts at risk. */
export const Invalidation = Schema.Struct({
  step: Step,
  because: Schema.String,
  endangers: Schema.String,
  at: Schema.DateTimeUtcFromString
})
export type Invalidation = typeof Invalidation.Type
