import { z } from 'zod'
import { ROLES } from '../../catalog/keys.js'
import { listOwnSessions } from '../../catalog/sessions.js'
import { operation } from '../../engine/operation.js'
import { describeSession, sessionRow } from './row.js'

export const listYourSessions = operation({
  kind: 'direct',
  name: 'session.own',
  summary: 'List where you are signed in, oldest first.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({ data: z.array(sessionRow.extend({ current: z.boolean().describe('It is the one that asks') })) }),
  faults: ['SESSION_NEEDED'],
  access: { roles: ROLES, onlySession: true, own: true },
  http: 'GET /v1/own-sessions',
  words: { says: () => '', columns: ['id', 'role', 'begunAt', 'seenAt', 'endsAt', 'address', 'current'] },
  async call({ platform, caller, fail }) {
    const { sessionId } = caller
    if (sessionId === undefined) throw fail('SESSION_NEEDED', { operation: 'session.own' })
    const rows = await platform.catalog.rows(listOwnSessions(sessionId, platform.config.console.idleMs))
    return { data: rows.map((row) => ({ ...describeSession(row), current: row.id === sessionId })) }
  },
})
