/** Reading an answer's body without ever holding more than allowed. */
import { Data, Effect, Stream } from "effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"

/** A body; `isCut` when it is longer than the limit, and `text` then is what was read of it. */
export interface Body {
  readonly text: string
  readonly isCut: boolean
}

class BodyTooLong extends Data.TaggedError("BodyTooLong")<{ readonly start: string }> {}

const streamed = (
  response: HttpClientResponse.HttpClientResponse,
  limit: number
): Effect.Effect<Body, HttpClientError.HttpClientError> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    const parts: Array<string> = []
    let size = 0
    return response.stream.pipe(
      Stream.runForEach((chunk) => {
        size += chunk.byteLength
        if (size > limit) return Effect.fail(new BodyTooLong({ start: parts.join("") }))
        parts.push(decoder.decode(chunk, { stream: true }))
        return Effect.void
      }),
      Effect.map(() => ({ text: parts.join("") + decoder.decode(), isCut: false })),
      Effect.catchTag("BodyTooLong", ({ start }) => Effect.succeed({ text: start, isCut: true })),
      // An answer without any body, as the web's clients report it.
      Effect.catchIf(
        (error) => error._tag === "HttpClientError" && error.reason._tag === "EmptyBodyError",
        () => Effect.succeed({ text: "", isCut: false })
      )
    )
  })

/**
 * The body as text, at most `limit` bytes of it. A length the server declares spares the detour through a stream, since
 * HTTP then reads exactly that much; not so for encoded bodies, whose length is another one.
 */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
  limit: number
): Effect.Effect<Body, HttpClientError.HttpClientError> => {
  const declared = response.headers["content-length"]
  if (declared === undefined || !/^\d{1,15}$/.test(declared) || response.headers["content-encoding"] !== undefined) {
    return streamed(response, limit)
  }
  // Through the stream, although nothing is to be read: leaving a stream early is what closes the connection.
  if (Number(declared) > limit) return streamed(response, 0)
  return Effect.map(response.text, (text) => ({ text, isCut: false }))
}
