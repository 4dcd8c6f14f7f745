import { fault } from '../kernel/faults.js'

export interface OnlyTenantOptions {
  /** The column, or the property, that carries the tenant's id. Default `tenant_id`. */
  readonly column?: string
  /** How few rows would prove nothing. Default 1. */
  readonly atLeast?: number
}

/** Throws TEST_LEAKED unless every row is the tenant's (its id, or what `fleet.tenant` answers). Too few rows are a leak too: an empty answer proves nothing. */
export function assertOnlyTenant(
  rows: readonly unknown[],
  tenant: { readonly id: string } | string,
  { column = 'tenant_id', atLeast = 1 }: OnlyTenantOptions = {},
): void {
  const id = typeof tenant === 'string' ? tenant : tenant.id
  if (rows.length < atLeast) {
    throw fault('TEST_LEAKED', { leaks: [`only ${rows.length} of at least ${atLeast} rows came, which proves nothing`] })
  }
  const leaks = rows.flatMap((row, at) => {
    const found = (row as Readonly<Record<string, unknown>> | null)?.[column]
    if (found === id) return []
    return [
      found === undefined ? `row ${at} has no "${column}" to tell its tenant by` : `row ${at} is of tenant ${String(found)}, not of ${id}`,
    ]
  })
  if (leaks.length > 0) throw fault('TEST_LEAKED', { leaks: leaks.slice(0, 10) })
}
