import { z } from 'zod'
import { openOperationOn } from '../../catalog/operations.js'
import { setTombstoneHold } from '../../catalog/tombstones.js'
import { keyOwner } from '../../engine/offboarding/keys.js'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { heldRow, purgedRef } from './held.js'

export const holdBackups = operation({
  kind: 'change',
  name: 'backup.hold',
  summary: 'Forbid that backups of a purged tenant are removed or its data keys destroyed, until the hold is lifted.',
  effect: 'change',
  input: z.strictObject({
    tenant: purgedRef,
    reason: plainText(200).describe('Why, and by whose order; shown with its tombstone'),
  }),
  output: heldRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_AMBIGUOUS', 'TENANT_STATE', 'SLUG_INVALID'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tombstones/{tenant}/hold',
  words: { positionals: ['tenant'], says: ({ slug, heldFor }) => `what is kept of ${slug} is held: ${heldFor}` },
  async change({ tx, fail }, { tenant: ref, reason }) {
    const { id, slug, state } = await keyOwner(tx, ref, true)
    if (state !== 'purged')
      throw fail('TENANT_STATE', { tenant: ref, state, wanted: 'a purged tenant; `tenant hold` holds one that is there' })
    const open = await tx.maybe(openOperationOn(id))
    if (open !== undefined)
      throw fail('TENANT_STATE', { tenant: ref, state: `being changed (${open.name})`, wanted: 'no other operation on it' })
    await tx.run(setTombstoneHold(id, reason))
    return { output: { tenant: id, slug, heldFor: reason }, subject: id }
  },
})
