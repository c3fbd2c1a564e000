/** Hides what was created from those who read, as servers do whose reads lag behind their writes. */

/** Resources that exist and are not shown yet. */
export class Veil {
  readonly #looks = new Map<string, number>()

  /** Hides a resource from so many looks. */
  hide(id: string, looks: number): void {
    this.#looks.set(id, looks)
  }

  /** Shows everything. */
  lift(): void {
    this.#looks.clear()
  }

  /** Looks at a resource once. */
  hides(id: string): boolean {
    const left = this.#looks.get(id)
    if (left === undefined) return false
    if (left <= 1) this.#looks.delete(id)
    else this.#looks.set(id, left - 1)
    return true
  }
}
