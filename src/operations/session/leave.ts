import { z } from 'zod'
import { ROLES } from '../../catalog/keys.js'
import { endOwnSession } from '../../catalog/sessions.js'
import { operation } from '../../engine/operation.js'
import { sessionId } from './row.js'

export const leaveASession = operation({
  kind: 'change',
  name: 'session.leave',
  summary: 'End a session of your own at once, such as that of a browser that is lost.',
  effect: 'change',
  input: z.strictObject({ session: sessionId }),
  output: z.object({ id: z.string() }),
  faults: ['SESSION_NEEDED', 'SESSION_NOT_FOUND'],
  access: { roles: ROLES, onlySession: true, own: true },
  http: 'DELETE /v1/own-sessions/{session}',
  words: { positionals: ['session'], says: ({ id }) => `your session ${id} has ended` },
  async change({ tx, caller, fail }, { session }) {
    if (caller.sessionId === undefined) throw fail('SESSION_NEEDED', { operation: 'session.leave' })
    // Another's is to whoever asks like one that there never was.
    const ended = await tx.maybe(endOwnSession(session, caller.sessionId))
    if (ended === undefined) throw fail('SESSION_NOT_FOUND', { session })
    return { output: ended }
  },
})
