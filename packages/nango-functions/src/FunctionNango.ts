/** What the operations need of the `nango` that a function is given. Types only, of `nango` and `zod`. */
import type { NangoAction } from "nango"
import type { ZodType } from "zod"

/** A function's `nango`, of an action, a sync or an event. */
export interface FunctionNango extends Pick<
  NangoAction,
  "ActionError" | "getConnection" | "proxy" | "zodValidateInput"
> {
  /** Merges fields into the connection's metadata; Nango's own type wants a model of all of it. */
  updateMetadata(metadata: Readonly<Record<string, unknown>>): Promise<unknown>
}

/** Something that is done over a connection; rejects with Nango's `ActionError`, whose payload says what to do next. */
export type Operation<in Input, in Nango extends FunctionNango = FunctionNango> = (
  nango: Nango,
  input: Input
) => Promise<unknown>

/** One call of a function. */
export interface Performance<Input, Output, Nango extends FunctionNango = FunctionNango> {
  /** As it came. Nango does not check the input of a deployed function against its model. */
  readonly input: unknown
  /** The model of the input. */
  readonly as: ZodType<Input>
  readonly by: Operation<Input, Nango>
  /** The model of the answer. */
  readonly answer: ZodType<Output>
}
