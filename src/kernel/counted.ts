/** `1 home`, `2 homes`: a number with its word. */
export const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
