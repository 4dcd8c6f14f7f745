import { z } from 'zod'
import { setTombstoneHold } from '../../catalog/tombstones.js'
import { assertIdle } from '../../engine/idle.js'
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
    await assertIdle({ tx, fail }, id, ref)
    await tx.run(setTombstoneHold(id, reason))
    return { output: { tenant: id, slug, heldFor: reason }, subject: id }
  },
})
