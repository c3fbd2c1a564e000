/** Bytes to text: by byte order mark, else as told, else UTF-8. What is no text of that encoding is refused. */
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import type { encodings } from "@loom-scim/core/provisioning/SourceSettings"

/** What a mapping file may say. `latin1` is read as Windows-1252, which has letters where ISO 8859-1 has controls. */
export type Encoding = (typeof encodings)[number]

const markOf = (head: Uint8Array): Encoding | undefined => {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "utf-8"
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le"
  return head[0] === 0xfe && head[1] === 0xff ? "utf-16be" : undefined
}

const longestMark = 3

class Decoder {
  readonly #source: string
  readonly #encoding: Encoding
  readonly #strict: TextDecoder
  // Fed the same bytes, it tells where the strict one gave up.
  readonly #lenient: TextDecoder
  #line = 1

  constructor(source: string, encoding: Encoding) {
    this.#source = source
    this.#encoding = encoding
    this.#strict = new TextDecoder(encoding, { fatal: true })
    this.#lenient = new TextDecoder(encoding)
  }

  take(piece: Uint8Array): string {
    const text = this.#lenient.decode(piece, { stream: true })
    try {
      this.#strict.decode(piece, { stream: true })
    } catch {
      const name = this.#encoding.toUpperCase()
      throw this.#refuse(text, "\uFFFD", `the text is not ${name}`, `Save it as ${name}, or say its encoding`)
    }
    if (text.includes("\0")) {
      throw this.#refuse(
        text,
        "\0",
        "there is a NUL character, so it is not text",
        "Say its encoding, such as utf-16le"
      )
    }
    this.#line += text.split("\n").length - 1
    return text
  }

  end(): void {
    try {
      this.#strict.decode()
    } catch {
      throw new SourceFailure({
        reason: "endedEarly",
        source: this.#source,
        at: `line ${this.#line}`,
        detail: "it ends in the middle of a character",
        next: "It was cut off: write or copy it again"
      })
    }
  }

  #refuse(text: string, culprit: string, detail: string, next: string): SourceFailure {
    const line = this.#line + text.slice(0, Math.max(0, text.indexOf(culprit))).split("\n").length - 1
    return new SourceFailure({ reason: "malformed", source: this.#source, at: `line ${line}`, detail, next })
  }
}

/** The text, piece by piece and without the byte order mark. Throws a `SourceFailure` that names the line. */
export async function* decodeText(
  bytes: AsyncIterable<Uint8Array>,
  source: string,
  told?: Encoding
): AsyncGenerator<string, void> {
  let head: Uint8Array = new Uint8Array()
  let decoder: Decoder | undefined
  for await (const piece of bytes) {
    if (decoder === undefined) {
      head = Buffer.concat([head, piece])
      if (head.length < longestMark) continue
      decoder = new Decoder(source, markOf(head) ?? told ?? "utf-8")
      yield decoder.take(head)
    } else yield decoder.take(piece)
  }
  if (decoder === undefined) {
    decoder = new Decoder(source, markOf(head) ?? told ?? "utf-8")
    yield decoder.take(head)
  }
  decoder.end()
}
