import { z } from 'zod'
import { nameOf } from '../../catalog/people-format.js'
import { listSessions } from '../../catalog/sessions.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { plainText } from '../../engine/text-input.js'
import { describeSession, sessionRow } from './row.js'

export const listAllSessions = operation({
  kind: 'direct',
  name: 'session.list',
  summary: 'List the sessions of people who are signed in, oldest first.',
  effect: 'read',
  input: z.strictObject({
    user: plainText(100)
      .optional()
      .describe('Of whoever has this name alone')
      .meta({ examples: ['anna'] }),
    ...pageInput,
  }),
  output: pageOf(sessionRow),
  faults: [],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/sessions',
  words: {
    says: ({ data, nextCursor }) => (data.length === 0 ? 'nobody is signed in' : nextCursor === null ? '' : `more: --cursor ${nextCursor}`),
    columns: ['id', 'user', 'role', 'tenant', 'begunAt', 'seenAt', 'endsAt', 'address', 'breakGlassUntil'],
  },
  async call({ platform }, { user, limit, cursor }) {
    const { idleMs } = platform.config.console
    const whose = user === undefined ? null : nameOf(user)
    const rows = await platform.catalog.rows(listSessions(whose, readCursor(cursor, 'session.list'), limit + 1, idleMs))
    const { data, nextCursor } = pageFrom(rows, limit, 'session.list')
    return { data: data.map((row) => describeSession(row as typeof row & { id: string })), nextCursor }
  },
})
