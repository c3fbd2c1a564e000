/** A form with a source in it, written while it is sent (RFC 7578): no part is in memory whole. */
import { Stream } from "effect"
import * as HttpBody from "effect/http/HttpBody"
import { randomUUID } from "node:crypto"

/** A part with a file's content. */
export interface FilePart<E> {
  readonly name: string
  readonly fileName: string
  readonly contentType: string
  readonly bytes: Stream.Stream<Uint8Array, E>
}

/** Within the quotes of a header: names are what people call their files. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\\p{Cc}]/gu, "_")}"`

const utf8 = new TextEncoder()

/** The body of a request; texts come before the file. */
export const form = <E>(texts: Readonly<Record<string, string>>, file: FilePart<E>): HttpBody.HttpBody => {
  const boundary = `loom-scim-${randomUUID()}`
  const text = (content: string) => Stream.succeed(utf8.encode(content))
  const fields = Object.entries(texts).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name=${quoted(name)}\r\n\r\n${value}\r\n`
  )
  const head =
    `--${boundary}\r\ncontent-disposition: form-data; name=${quoted(file.name)}; filename=${quoted(file.fileName)}\r\n` +
    `content-type: ${file.contentType}\r\n\r\n`
  const body = text(fields.join("") + head).pipe(
    Stream.concat(file.bytes),
    Stream.concat(text(`\r\n--${boundary}--\r\n`))
  )
  return HttpBody.stream(body, `multipart/form-data; boundary=${boundary}`)
}
