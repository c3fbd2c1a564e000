/** Server-Sent Events out of the bytes of an answer. */

/** One event as it was sent. */
export interface SentEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
  /** How long to wait before coming back, if the server said so. */
  readonly retry: number | undefined
}

const eventOf = (block: string): SentEvent => {
  const fields: { id?: string; event?: string; retry?: string } = {}
  const data: Array<string> = []
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":")
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "")
    if (name === "data") data.push(value)
    else if (name === "id" || name === "event" || name === "retry") fields[name] = value
  }
  return {
    id: fields.id,
    event: fields.event ?? "message",
    data: data.join("\n"),
    retry: fields.retry === undefined ? undefined : Number(fields.retry)
  }
}

/** The events, one after the other, whatever pieces they arrive in. One that is cut off by the end is not given. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<SentEvent> {
  const decoder = new TextDecoder()
  let rest = ""
  for await (const bytes of body) {
    // A carriage return at the end may be half of a line's end: it waits for the next piece.
    const text = rest + decoder.decode(bytes, { stream: true })
    const held = text.endsWith("\r") ? "\r" : ""
    const blocks = text
      .slice(0, text.length - held.length)
      .replaceAll(/\r\n?/g, "\n")
      .split("\n\n")
    rest = (blocks.pop() ?? "") + held
    for (const block of blocks) if (block !== "") yield eventOf(block)
  }
}
