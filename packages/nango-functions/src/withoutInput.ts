/** Functions that nobody gives an input: syncs and events. */

/** The same without its input. */
export const withoutInput =
  <Nango>(operation: (nango: Nango, input: undefined) => Promise<void>) =>
  (nango: Nango): Promise<void> =>
    operation(nango, undefined)
