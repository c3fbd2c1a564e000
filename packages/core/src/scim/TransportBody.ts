/** Reading an answer's body without ever holding more than allowed. */
import { Data, Effect, Stream } from "effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"

/** The body is longer than the limit; `start` is what was read of it. */
export class BodyTooLong extends Data.TaggedError("BodyTooLong")<{ readonly start: string }> {}

const streamed = (
  response: HttpClientResponse.HttpClientResponse,
  limit: number
): Effect.Effect<string, BodyTooLong | HttpClientError.HttpClientError> =>
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
      Effect.map(() => parts.join("") + decoder.decode()),
      // An answer without any body, as the web's clients report it.
      Effect.catchIf(
        (error) => error._tag === "HttpClientError" && error.reason._tag === "EmptyBodyError",
        () => Effect.succeed("")
      )
    )
  })

/**
 * The body as text, at most `limit` bytes of it. A length the server declares spares the detour through a stream, since
 * HTTP then reads exactly that much; not so for encoded bodies, whose length is another one.
 */
export const readText = (
  response: HttpClientResponse.HttpClientResponse,
  limit: number
): Effect.Effect<string, BodyTooLong | HttpClientError.HttpClientError> => {
  const declared = response.headers["content-length"]
  if (declared === undefined || !/^\d{1,15}$/.test(declared) || response.headers["content-encoding"] !== undefined) {
    return streamed(response, limit)
  }
  // Through the stream, although nothing is to be read: leaving a stream early is what closes the connection.
  return Number(declared) > limit ? streamed(response, 0) : response.text
}
