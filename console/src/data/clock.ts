/** The one place of the console that asks what time it is. */
export const now = (): number => Date.now()
