/** Control characters out: what others have written must not move the cursor or forge a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
export const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim()
