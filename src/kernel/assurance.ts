export const ASSURANCES = ['standard', 'strict', 'dedicated'] as const

/** How hard the wall of a database is, each harder than the one before. Every one but the first wants a signed token of whoever enters. */
export type Assurance = (typeof ASSURANCES)[number]

export const isSigned = (assurance: Assurance): boolean => assurance !== 'standard'

/** Is this as hard as that, or harder? */
export const isAtLeast = (assurance: Assurance, least: Assurance): boolean => ASSURANCES.indexOf(assurance) >= ASSURANCES.indexOf(least)

/** A key of tokens; `key` is 32 bytes. */
export interface SigningKey {
  readonly id: number
  readonly key: Buffer
}
