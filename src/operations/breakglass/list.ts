import { z } from 'zod'
import { brokenSessions } from '../../catalog/sessions.js'
import { operation } from '../../engine/operation.js'
import { breakglassRow } from './row.js'

export const listBreakglass = operation({
  kind: 'direct',
  name: 'breakglass.list',
  summary: 'List the sessions that have a stronger role for now, those first that give it back first.',
  effect: 'read',
  input: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50).describe('Rows at most') }),
  output: z.object({ data: z.array(breakglassRow) }),
  faults: [],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/breakglass',
  words: {
    says: ({ data }) => (data.length === 0 ? 'nobody has broken glass; what was is in `tenantry audit --operation breakglass.open`' : ''),
    columns: ['session', 'user', 'role', 'until', 'reason'],
  },
  async call({ platform }, { limit }) {
    const rows = await platform.catalog.rows(brokenSessions(limit, platform.config.console.idleMs))
    return {
      data: rows.map((s) => ({
        session: s.id,
        user: s.name,
        role: s.breakglassRole!,
        until: s.breakglassUntil!,
        reason: s.breakglassReason ?? '',
      })),
    }
  },
})
