import { z } from 'zod'
import { breakGlass, holdSession } from '../../catalog/sessions.js'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { humanDuration, milliseconds } from '../../kernel/durations.js'
import { breakglassRow } from './row.js'

export const openBreakglass = operation({
  kind: 'change',
  name: 'breakglass.open',
  summary: 'Break glass: have a stronger role in this session for a while, for a reason that everybody sees.',
  effect: 'change',
  input: z.strictObject({
    reason: plainText(200)
      .refine((text) => text.length >= 10, 'must say in 10 characters or more what it is for')
      .describe('What it is for')
      .meta({ examples: ['INC-4711: restore of acme, whoever is on call is away'] }),
    for: z
      .string()
      .regex(/^[1-9]\d{0,3}(min|h)$/, 'must be a duration such as 30min or 2h')
      .default('1h')
      .describe('For how long, such as 30min; the configuration says how long it may be'),
  }),
  output: breakglassRow,
  faults: ['SESSION_NEEDED', 'SESSION_ENDED', 'BREAKGLASS_FORBIDDEN', 'BREAKGLASS_OPEN', 'INPUT_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'], onlySession: true },
  http: 'POST /v1/breakglass',
  words: {
    positionals: ['reason'],
    says: (b) => `"${b.user}" is ${b.role} until ${b.until.toISOString()}: ${b.reason}`,
    confirm: 'it is told to everybody who looks at the audit or the events',
  },
  async change({ platform, tx, caller, fail }, { reason, for: given }) {
    if (caller.sessionId === undefined) throw fail('SESSION_NEEDED', { operation: 'breakglass.open' })
    const { breakGlassMs } = platform.config.console
    const lifetimeMs = milliseconds(given)
    if (lifetimeMs > breakGlassMs)
      throw fail('INPUT_INVALID', { issues: [`for: at most ${humanDuration(breakGlassMs)} (console.breakGlass in the configuration)`] })
    const session = await tx.maybe(holdSession(caller.sessionId))
    if (session === undefined) throw fail('SESSION_ENDED', {})
    const { name: user, mayBreak: role } = session
    if (role === null) throw fail('BREAKGLASS_FORBIDDEN', { user })
    const open = await tx.maybe(breakGlass(session.id, { role, lifetimeMs, reason }))
    if (open === undefined) throw fail('BREAKGLASS_OPEN', { user, until: session.breakglassUntil?.toISOString() ?? 'its end' })
    return { output: { session: session.id, user, role, until: open.until, reason } }
  },
})
