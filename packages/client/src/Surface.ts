/** What every part of the client takes and gives, beside what the contract says. */

/** Where the API is, and who calls. */
export interface ClientOptions {
  /** For example `https://loom-scim.example.com` or `http://127.0.0.1:8990`. */
  readonly url: string | URL
  /** An API key, or where to get one: asked for before every request, so that it may be replaced meanwhile. */
  readonly key: string | (() => string | Promise<string>)
  /**
   * How often a request is sent again that did not arrive, came too early (429) or while the server was not ready (503);
   * 2 without it. Every POST carries an Idempotency-Key, so that it is carried out once: when only its answer was lost,
   * that is waited for.
   */
  readonly retries?: number
  /** Lets the key travel over `http` to other machines than this one. */
  readonly allowPlainHttp?: boolean
  /** Instead of the platform's own. */
  readonly fetch?: typeof globalThis.fetch
}

/** For one call. */
export interface CallOptions {
  /** Gives up waiting. What the server has begun it carries out. */
  readonly signal?: AbortSignal
}

/**
 * Every item of a list. One whose pages have a verdict has it, too, once the last item was taken: null before that, and
 * for whoever leaves early, since whom they did not see is not gone.
 */
export type Everything<Page, Item> = AsyncIterableIterator<Item> &
  (Page extends { readonly verdict: infer Verdict } ? { readonly verdict: Verdict } : unknown)

/** A list: one page, or everything. */
export interface Paged<Input, Page, Item> {
  /** One page; the next one is behind its `nextCursor`. */
  (input?: Input, options?: CallOptions): Promise<Page>
  /** Every item, page after page as they are needed. */
  readonly all: (input?: Omit<Input, "cursor">, options?: CallOptions) => Everything<Page, Item>
}

/** A list below something, so that its path has to be given. */
export interface PagedBelow<Input, Page, Item> {
  /** One page; the next one is behind its `nextCursor`. */
  (input: Input, options?: CallOptions): Promise<Page>
  /** Every item, page after page as they are needed. */
  readonly all: (input: Omit<Input, "cursor">, options?: CallOptions) => Everything<Page, Item>
}

/** What a body may be where the API takes something else than JSON. */
export type RawBody = string | Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array>
