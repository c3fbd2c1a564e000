/** A function from its input to its answer. */
import type { ZodError, ZodType } from "zod"
import type { Issue } from "./Failure.ts"
import { invalidAnswer, invalidInput } from "./Failure.ts"
import type { FunctionNango, Performance } from "./FunctionNango.ts"

const issuesOf = ({ issues }: ZodError): ReadonlyArray<Issue> =>
  issues.map(({ message, path }) => ({ path: path.join("."), message }))

/** The input as its model has it. Checked by Nango's own function, which logs what is wrong where people look for it. */
const validated = async <Input>(nango: FunctionNango, model: ZodType<Input>, input: unknown): Promise<Input> => {
  try {
    const { data } = await nango.zodValidateInput({ zodSchema: model, input })
    return data
  } catch (error) {
    // Nango's error does not say what is wrong.
    const parsed = model.safeParse(input)
    throw parsed.success ? error : new nango.ActionError({ ...invalidInput(issuesOf(parsed.error)) })
  }
}

/** Checks the input, does what is asked, and checks the answer: the whole of a function's `exec`. */
export const perform = async <Input, Output, Nango extends FunctionNango>(
  nango: Nango,
  { answer, as, by, input }: Performance<Input, Output, Nango>
): Promise<Output> => {
  const given = await by(nango, await validated(nango, as, input))
  const parsed = answer.safeParse(given)
  if (parsed.success) return parsed.data
  throw new nango.ActionError({ ...invalidAnswer(issuesOf(parsed.error)) })
}
