import { z } from 'zod'
import { setTombstoneHold } from '../../catalog/tombstones.js'
import { keyOwner } from '../../engine/offboarding/keys.js'
import { operation } from '../../engine/operation.js'
import { heldRow, purgedRef } from './held.js'

export const unholdBackups = operation({
  kind: 'change',
  name: 'backup.unhold',
  summary: 'Lift the hold on what is kept of a purged tenant.',
  effect: 'change',
  input: z.strictObject({ tenant: purgedRef }),
  output: heldRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_AMBIGUOUS', 'TENANT_STATE', 'SLUG_INVALID'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tombstones/{tenant}/unhold',
  words: { positionals: ['tenant'], says: ({ slug }) => `what is kept of ${slug} is not held any more` },
  async change({ tx, fail }, { tenant: ref }) {
    const { id, slug, state, heldFor } = await keyOwner(tx, ref, true)
    if (state !== 'purged' || heldFor === null)
      throw fail('TENANT_STATE', { tenant: ref, state: state === 'purged' ? 'not held' : state, wanted: 'a purged tenant that is held' })
    await tx.run(setTombstoneHold(id, null))
    return { output: { tenant: id, slug, heldFor: null }, subject: id }
  },
})
