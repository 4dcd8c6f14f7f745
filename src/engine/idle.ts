import { openOperationOn } from '../catalog/operations.js'
import type { AcceptContext } from './operation.js'

/** Nobody else is at work on a tenant whose row is held. Throws TENANT_STATE. */
export async function assertIdle(
  { tx, fail }: Pick<AcceptContext<'TENANT_STATE'>, 'tx' | 'fail'>,
  tenant: string,
  ref: string,
): Promise<void> {
  const open = await tx.maybe(openOperationOn(tenant))
  if (open === undefined) return
  throw fail('TENANT_STATE', { tenant: ref, state: `being changed (${open.name})`, wanted: 'no other operation on it' })
}
