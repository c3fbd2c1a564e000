/**
 * Lists of the SCIM server, a page per request. What was seen on earlier pages decides whether a list is complete, so a
 * walk is kept between requests. Whoever does not have it, another node or one that was started again, walks anew to
 * the same place, and compares on the way: nothing is concluded from two walks that saw different things.
 */
import type { Verdict, WalkCursor } from "@loom-scim/contract/Directory"
import type { ListVerdict } from "@loom-scim/core/scim/List"
import { idOf } from "@loom-scim/core/scim/ListPage"
import type { ListedPage } from "@loom-scim/core/scim/ScimClientTypes"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Exit, Scope, Stream } from "effect"
import type { Pull } from "effect"
import { createHash, randomBytes } from "node:crypto"

type Cursor = typeof WalkCursor.Type
type Shown = typeof Verdict.Type

/** Walks kept at once; the one that waited longest is let go for a new one. */
const most = 64

interface Walk {
  readonly id: string
  readonly scope: Scope.Closeable
  readonly pull: Pull.Pull<ReadonlyArray<ListedPage>, ScimError>
  /** Pulled, and not handed out yet. */
  readonly waiting: Array<ListedPage>
  pages: number
  held: string
  /** True when it saw other things than the walk before it. */
  differs: boolean
}

const shownVerdict = (verdict: ListVerdict, differs: boolean): Shown => {
  const { distinct, duplicates, total, unmatched } = verdict.counts
  const reason = verdict._tag === "Incomplete" ? verdict.reason : differs ? "changedMeanwhile" : null
  return {
    complete: reason === null,
    reason,
    seen: distinct,
    total,
    duplicates,
    unmatched,
    quirks: [...verdict.quirks]
  }
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16)

const begin = Effect.fnUntraced(function* (id: string, pages: Stream.Stream<ListedPage, ScimError>) {
  const scope = yield* Scope.make()
  const pull = yield* Scope.provide(Stream.toPull(pages), scope)
  const walk: Walk = { id, scope, pull, waiting: [], pages: 0, held: digest(""), differs: false }
  return walk
})

const step = Effect.fnUntraced(function* (walk: Walk) {
  if (walk.waiting.length === 0) {
    // The last page has a verdict, and behind it nobody looks.
    const pulled = yield* Effect.catchTag(walk.pull, "Done", () => Effect.die(new Error("a list has no verdict")))
    walk.waiting.push(...pulled)
  }
  const page = walk.waiting.shift() ?? { resources: [], verdict: null }
  walk.pages++
  walk.held = digest(`${walk.held} ${JSON.stringify(page.resources.map(idOf))}`)
  return page
})

const close = ({ scope }: Walk) => Scope.close(scope, Exit.void)

/** A page and the way to the next one. */
export interface WalkedPage {
  readonly resources: ListedPage["resources"]
  readonly next: Cursor | null
  readonly verdict: Shown | null
}

/** The walks of this process. */
export const make = () => {
  const kept = new Map<string, Walk>()

  /** A walk is out of reach while it is used, so that two requests never pull the same. */
  const take = (what: string, { pages, walk: id }: Cursor): Walk | undefined => {
    const name = `${id} ${what}`
    const walk = kept.get(name)
    if (walk === undefined || walk.pages !== pages) return undefined
    kept.delete(name)
    return walk
  }

  const keep = Effect.fnUntraced(function* (what: string, walk: Walk) {
    const [oldest] = kept
    if (oldest !== undefined && kept.size >= most) {
      kept.delete(oldest[0])
      yield* close(oldest[1])
    }
    kept.set(`${walk.id} ${what}`, walk)
  })

  /** The next page. `what` names the list and whose it is: a cursor of another one finds no walk. */
  return Effect.fn("walks.next")(function* (
    what: string,
    cursor: Cursor | undefined,
    pages: Stream.Stream<ListedPage, ScimError>
  ): Effect.fn.Return<WalkedPage, ScimError> {
    const found = cursor === undefined ? undefined : take(what, cursor)
    const walk = found ?? (yield* begin(cursor?.walk ?? randomBytes(8).toString("hex"), pages))
    const passed = cursor?.pages ?? 0
    const going = Effect.gen(function* () {
      while (walk.pages < passed) {
        const { verdict } = yield* step(walk)
        // The list became shorter than what was shown of it.
        if (verdict !== null) return { resources: [], verdict: shownVerdict(verdict, true) }
      }
      if (cursor !== undefined && walk.held !== cursor.held) walk.differs = true
      const { resources, verdict } = yield* step(walk)
      return { resources, verdict: verdict === null ? null : shownVerdict(verdict, walk.differs) }
    })
    const { resources, verdict } = yield* Effect.onError(going, () => close(walk))
    if (verdict !== null) {
      yield* close(walk)
      return { resources, verdict, next: null }
    }
    yield* keep(what, walk)
    return { resources, verdict, next: { walk: walk.id, pages: walk.pages, held: walk.held } }
  })
}
