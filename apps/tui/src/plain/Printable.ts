/** Text of others, made safe for a terminal. */

/** Without anything that moves a cursor, changes a colour or hides what follows; line breaks become blanks. */
export const printable = (text: string): string =>
  text.replaceAll(/\r?\n|\t/g, " ").replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{FFFD}")
