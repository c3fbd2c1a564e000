/** Fields that many models have. They are made once, since a function makes its models anew in every run. */
import { z } from "zod"

const string = z.string()

/** A text that may be absent. */
export const text = string.optional()

/** A yes or no that may be absent. */
export const flag = z.boolean().optional()

/** Says what a field is for. In its place, where `describe` would make the field once more. */
export const described = <Field extends z.ZodType>(field: Field, description: string): Field => {
  z.globalRegistry.add(field, { description })
  return field
}

/** A text that may be absent, and what it is for. */
export const textOf = (description: string): typeof text => described(string.optional(), description)
