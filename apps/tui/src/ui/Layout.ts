/** What fits into the rows there are: plain arithmetic, so that no screen overlaps itself. */

/** Breaks a text into lines of at most `width` characters; a longer word stands alone and is left to the terminal. */
export const wrap = (text: string, width: number): ReadonlyArray<string> =>
  text.split("\n").flatMap((paragraph) => {
    const lines: Array<string> = []
    let line = ""
    for (const word of paragraph.split(/\s+/)) {
      if (line === "") line = word
      else if (line.length + 1 + word.length <= width) line += ` ${word}`
      else {
        lines.push(line)
        line = word
      }
    }
    return [...lines, line]
  })

/** Rows a wrapped text takes, words longer than a row included. */
export const rowsOf = (text: string, width: number): number =>
  wrap(text, width).reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / width)), 0)

/** A window of at most `size` items around one of them. */
export const around = <A>(items: ReadonlyArray<A>, at: number, size: number): ReadonlyArray<A> => {
  const start = Math.max(0, Math.min(at - 1, items.length - size))
  return items.slice(start, start + size)
}

/** How many tasks are listed when rows are scarce. */
const fewTasks = 2

/**
 * Chooses which optional blocks are shown, in their order of importance, and how many of the listed tasks.
 *
 * Two tasks always have a place. Blocks come next, as long as they fit; tasks get what is left before the last blocks.
 */
export const fit = <Name extends string>({
  blocks,
  fixed,
  height,
  tasks,
  width
}: {
  readonly height: number
  readonly width: number
  /** Rows that are always taken: title, gaps, the input. */
  readonly fixed: number
  readonly tasks: number
  readonly blocks: { readonly [N in Name]: string | undefined }
}): { readonly tasks: number; readonly blocks: { readonly [N in Name]?: string } } => {
  const list = Math.min(tasks, 7)
  let left = height - fixed - list
  let listed = list
  const shown: { [N in Name]?: string } = {}
  for (const name in blocks) {
    const text = blocks[name]
    if (text === undefined) continue
    const rows = rowsOf(text, width)
    // Tasks give way to what a person must read now, down to two of them.
    const spare = listed - Math.min(fewTasks, listed)
    if (rows <= left) left -= rows
    else if (
      rows <= left + spare &&
      (name === "problem" || name === "waiting" || name === "broken" || name === "hint")
    ) {
      listed -= rows - Math.max(0, left)
      left = 0
    } else continue
    shown[name] = text
  }
  return { tasks: Math.max(Math.min(fewTasks, list), listed), blocks: shown }
}
