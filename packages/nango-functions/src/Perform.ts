/** A function from its input to its answer. */
import type { ZodError, ZodType } from "zod"
import type { Issue } from "./Failure.ts"
import { invalidAnswer, invalidInput } from "./Failure.ts"
import type { FunctionNango, Performance } from "./FunctionNango.ts"

const issuesOf = ({ issues }: ZodError): ReadonlyArray<Issue> =>
  issues.map(({ message, path }) => ({ path: path.join("."), message }))

// By itself zod writes code for each object of a model and compiles it, which a model that is used once does not repay.
const once = { jitless: true }

/** The input as its model has it. */
const validated = async <Input>(nango: FunctionNango, model: ZodType<Input>, input: unknown): Promise<Input> => {
  const parsed = model.safeParse(input, once)
  if (parsed.success) return parsed.data
  // Nango's own function logs what is wrong where people look for it; its error does not say it.
  await nango.zodValidateInput({ zodSchema: model, input }).catch(() => undefined)
  throw new nango.ActionError({ ...invalidInput(issuesOf(parsed.error)) })
}

/** Checks the input, does what is asked, and checks the answer: the whole of a function's `exec`. */
export const perform = async <Input, Output, Nango extends FunctionNango>(
  nango: Nango,
  { answer, as, by, input }: Performance<Input, Output, Nango>
): Promise<Output> => {
  const given = await by(nango, await validated(nango, as, input))
  const parsed = answer.safeParse(given, once)
  if (parsed.success) return parsed.data
  throw new nango.ActionError({ ...invalidAnswer(issuesOf(parsed.error)) })
}
