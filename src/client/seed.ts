import type { Scope } from './scope.js'

/** What a seed step works with: a transaction of that tenant, ended by whoever runs the step. */
export type SeedScope = Pick<Scope, 'rows' | 'one' | 'maybe' | 'run' | 'copyFrom'>

/** The tenant of a seed that runs before there is a customer: all that is known is its id. */
export interface MadeTenant {
  readonly id: string
}

/** The tenant of a claim seed. */
export interface ClaimedTenant extends MadeTenant {
  readonly slug: string
  readonly name: string
  readonly tier: string | null
  readonly region: string | null
  readonly labels: Readonly<Record<string, string>>
}

type Step<T> = (context: { readonly tx: SeedScope; readonly tenant: T }) => Promise<void>
export type SeedStep = Step<MadeTenant>
export type ClaimSeedStep = Step<ClaimedTenant>

/** Types the default export of `seeds/NNN_name.ts`. */
export const defineSeed = (step: SeedStep): SeedStep => step

/** Types the default export of `seeds/NNN_name.claim.ts`. */
export const defineClaimSeed = (step: ClaimSeedStep): ClaimSeedStep => step
