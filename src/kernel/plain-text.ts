/** Control characters, halves of surrogate pairs, line separators, byte order marks, replacement characters, and what turns the direction of writing: characters of a class. */
export const UNFIT = '\\p{Cc}\\p{Cs}\\u2028\\u2029\\ufeff\\ufffd\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069'

/** Is there anything to see? Joiners, fillers and marks alone would be a name that nobody can read. */
export const isVisible = (text: string): boolean => /[^\p{Default_Ignorable_Code_Point}\p{White_Space}\p{M}]/u.test(text)
