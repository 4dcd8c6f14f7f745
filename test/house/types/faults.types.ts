import { fault, isFault } from '../../../src/kernel/faults.js'

// What must compile.
export const unknownTenant = fault('TENANT_NOT_FOUND', { tenant: 'acme' })
export const withoutFacts = fault('CLUSTER_NEEDED')
export const narrowed = (error: unknown): string => (isFault(error, 'TENANT_BUSY') ? error.code : '')

// What must not.
// @ts-expect-error a code that is not in the table
export const unknownCode = fault('TENANT_GONE', { tenant: 'acme' })
// @ts-expect-error the facts of another code
export const foreignFacts = fault('TENANT_NOT_FOUND', { slug: 'acme' })
// @ts-expect-error a fact is missing
export const missingFact = fault('TENANT_STATE', { tenant: 'acme', state: 'suspended' })
// @ts-expect-error no facts where the code has some
export const noFacts = fault('TENANT_NOT_FOUND')
// @ts-expect-error a fact of another type
export const wrongType = fault('FLEET_PARTIAL', { failed: '1', total: 2, first: 'x' })
// @ts-expect-error asking for a code that is not in the table
export const unknownQuestion = (error: unknown): boolean => isFault(error, 'TENANT_GONE')
