/** Control characters, halves of surrogate pairs, line separators, byte order marks, replacement characters, and what turns the direction of writing: characters of a class. */
export const UNFIT = '\\p{Cc}\\p{Cs}\\u2028\\u2029\\ufeff\\ufffd\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069'

/** Is there anything to see? Joiners, fillers and marks alone would be a name that nobody can read. */
export const isVisible = (text: string): boolean => /[^\p{Default_Ignorable_Code_Point}\p{White_Space}\p{M}]/u.test(text)

/** PostgreSQL has no text with NUL, and half a surrogate pair would silently become another character. */
export const isStorable = (text: string): boolean => !/[\0\p{Surrogate}]/u.test(text)

const UNFIT_RUN = new RegExp(`[${UNFIT}]+`, 'gu')

/** What others have written, as JSON of PostgreSQL and a terminal can take it: a space for what is unfit, and no more than so many characters. */
export const plain = (text: string, most: number): string => {
  const characters = [...text.slice(0, 2 * most + 2).replace(UNFIT_RUN, ' ')]
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`
}
