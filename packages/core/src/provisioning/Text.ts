/** One spelling of texts that look alike. */

// Nearly all texts are ASCII, where there is nothing to compose.
const isPlain = /^[\0-\x7f]*$/

/** Letters with their accents as one character each (Unicode's NFC): systems write them in either way. */
export const composed = (text: string): string => (isPlain.test(text) ? text : text.normalize("NFC"))
