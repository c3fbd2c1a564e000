/** Bytes of an XML document to text, as XML 1.0 appendix F detects the encoding. */
import { Buffer } from "node:buffer"

const utf16 = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le"
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined
}

/**
 * Decodes by byte order mark, then by the XML declaration, else as UTF-8. Windows tools save as UTF-16, and old products
 * declare ISO-8859-1. An unknown encoding is read as UTF-8: what matters in metadata is ASCII.
 */
export const decode = (bytes: Uint8Array): string => {
  const head = Buffer.from(bytes.subarray(0, 200)).toString("latin1")
  const declared = /^\s*<\?xml[^>]{0,150}?encoding\s*=\s*["']([\w-]{1,40})["']/.exec(head)?.[1]
  const label = utf16(bytes) ?? declared ?? "utf-8"
  try {
    return new TextDecoder(label).decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}
