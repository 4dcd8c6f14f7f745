import { tenantsEver } from '../../catalog/backups.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import type { Session } from '../../postgres/session.js'

/** That backups of one tenant can be meant by this, whether it is here or gone. Throws SLUG_INVALID, TENANT_NOT_FOUND, TENANT_AMBIGUOUS. */
export async function assertTenantEver(catalog: Session, tenant: string): Promise<void> {
  const found = await catalog.rows(tenantsEver(checkTenantRef(tenant)))
  if (found.length === 0) throw fault('TENANT_NOT_FOUND', { tenant })
  if (found.length > 1) throw fault('TENANT_AMBIGUOUS', { tenant, ids: found.map(({ id }) => id) })
}
