import { z } from 'zod'
import { endSession } from '../../catalog/sessions.js'
import { operation } from '../../engine/operation.js'
import { sessionId } from './row.js'

export const endASession = operation({
  kind: 'change',
  name: 'session.end',
  summary: 'End a session of somebody at once.',
  effect: 'change',
  input: z.strictObject({ session: sessionId }),
  output: z.object({ id: z.string(), user: z.string().meta({ examples: ['anna'] }) }),
  faults: ['SESSION_NOT_FOUND'],
  access: { roles: ['fleet-admin'] },
  http: 'DELETE /v1/sessions/{session}',
  words: { positionals: ['session'], says: ({ user }) => `a session of "${user}" has ended` },
  async change({ tx, fail }, { session }) {
    const ended = await tx.maybe(endSession(session))
    if (ended === undefined) throw fail('SESSION_NOT_FOUND', { session })
    return { output: { id: session, user: ended.name } }
  },
})
