import { z } from 'zod'
import { removeView } from '../../catalog/views.js'
import { operation } from '../../engine/operation.js'
import { uuidInput } from '../../engine/text-input.js'
import { describeView, viewRow } from './row.js'

export const removeAView = operation({
  kind: 'change',
  name: 'view.remove',
  summary: 'Remove a saved view of yours.',
  effect: 'change',
  input: z.strictObject({
    view: uuidInput('a view').describe('Id of the view'),
    shared: z.boolean().default(false).describe('Also one that somebody else shares'),
  }),
  output: viewRow,
  faults: ['VIEW_NOT_FOUND'],
  access: { own: true, roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'], stronger: { shared: ['fleet-admin'] } },
  http: 'DELETE /v1/views/{view}',
  words: { positionals: ['view'], says: (view) => `"${view.name}" of ${view.screen} is removed` },
  async change({ tx, caller, fail }, { view, shared }) {
    const removed = await tx.maybe(removeView(view, caller.actor, shared))
    if (removed === undefined) throw fail('VIEW_NOT_FOUND', { view })
    return { output: describeView(removed, caller.actor) }
  },
})
