import { z } from 'zod'
import { holdSession, mendGlass } from '../../catalog/sessions.js'
import { operation } from '../../engine/operation.js'
import { uuidInput } from '../../engine/text-input.js'
import { breakglassRow } from './row.js'

const sessionId = uuidInput('a session')
  .describe('Id of the session (default: the one that asks)')
  .meta({ examples: ['0b6b7a0e-5f0c-4c58-9d5f-3f1c2a7e8d90'] })

export const closeBreakglass = operation({
  kind: 'change',
  name: 'breakglass.close',
  summary: 'Give the stronger role of a session back before its time is over; of another session only as a fleet-admin.',
  effect: 'change',
  input: z.strictObject({ session: sessionId.optional() }),
  output: breakglassRow.pick({ session: true, user: true, reason: true }),
  faults: ['SESSION_NEEDED', 'SESSION_NOT_FOUND', 'BREAKGLASS_CLOSED'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'], stronger: { session: ['fleet-admin'] } },
  http: 'POST /v1/breakglass/close',
  words: { positionals: ['session'], says: (b) => `"${b.user}" has their own role again` },
  async change({ tx, caller, fail }, { session: id = caller.sessionId }) {
    if (id === undefined) throw fail('SESSION_NEEDED', { operation: 'breakglass.close without --session' })
    const session = await tx.maybe(holdSession(id))
    if (session === undefined) throw fail('SESSION_NOT_FOUND', { session: id })
    const { name: user } = session
    const mended = await tx.maybe(mendGlass(id))
    if (mended === undefined) throw fail('BREAKGLASS_CLOSED', { user })
    return { output: { session: id, user, reason: mended.reason } }
  },
})
