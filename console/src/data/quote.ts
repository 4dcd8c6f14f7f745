/** One word of a POSIX shell, whatever is in it: what is copied from the console is run. */
export const shellWord = (text: string): string => (/^[A-Za-z0-9_./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
