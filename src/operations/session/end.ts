import { z } from 'zod'
import { endSession } from '../../catalog/sessions.js'
import { operation } from '../../engine/operation.js'

export const endASession = operation({
  kind: 'change',
  name: 'session.end',
  summary: 'End a session of somebody at once.',
  effect: 'change',
  input: z.strictObject({
    session: z
      .string()
      .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be the id of a session: a UUID in lower case')
      .describe('Id of the session')
      .meta({ examples: ['0b6b7a0e-5f0c-4c58-9d5f-3f1c2a7e8d90'] }),
  }),
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
