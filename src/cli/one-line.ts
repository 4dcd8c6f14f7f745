/** Control characters out: what others have written must not move the cursor or forge a line. */
export const oneLine = (text: string): string => harmless(text).trim()

/** The same with the spaces at its ends. */
export const harmless = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, ' ')
