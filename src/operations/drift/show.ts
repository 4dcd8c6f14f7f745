import { z } from 'zod'
import { driftClasses, unscannedHomes } from '../../catalog/drift.js'
import { operation } from '../../engine/operation.js'
import { scriptOf } from '../../schema/drift/mend.js'
import { classRow, drifted, rowOf, verdict } from './class-row.js'
import { planClass } from './planned.js'

const shown = z.object({
  home: z.string().describe('Where it was looked at'),
  statements: z.array(z.object({ sql: z.string(), loses: z.string().optional().describe('What the statement may lose') })),
  told: z.array(z.string()).describe('What cannot be mended by SQL, in words'),
  script: z.string().describe('All of it as one transaction, for psql'),
})

export const showDrift = operation({
  kind: 'direct',
  name: 'drift.show',
  summary: 'Show the classes that the last scan has found; of one class, the SQL that would bring it to what the migrations make.',
  effect: 'read',
  input: z.strictObject({ class: z.string().min(1).max(20).optional().describe('Show what would mend this class') }),
  output: z.object({
    pending: z.number().describe('Homes that are not as the files make them'),
    unscanned: z.number().describe('Homes that no scan has seen as they are now'),
    data: z.array(classRow),
    difference: shown.optional(),
  }),
  faults: ['DRIFT_CLASS_UNKNOWN', 'DRIFT_CHANGED', 'SERVER_UNREACHABLE'],
  access: { roles: ['operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/drift',
  words: {
    positionals: ['class'],
    says: ({ difference, ...rest }) => {
      if (difference === undefined)
        return [
          ...rest.data.map(
            (c) =>
              `${c.class}  ${c.state}  ${c.track} ${c.version}  ${c.isolation}  ${c.homes} homes, ${c.tenants} tenants: ${c.first.join(', ')}${c.homes > 3 ? ', …' : ''}`,
          ),
          verdict(rest),
        ].join('\n')
      const [row] = rest.data
      return [
        `-- ${row!.class}: ${row!.homes} homes, ${row!.tenants} tenants, ${row!.track} ${row!.version}, ${row!.isolation}; as seen in ${difference.home}`,
        ...difference.told.map((words) => `-- not mended by SQL: ${words}`),
        difference.statements.length === 0 ? '-- there is nothing to mend' : difference.script,
      ].join('\n')
    },
  },
  async call({ platform, fail }, { class: name }) {
    if (name === undefined) {
      const classes = await platform.catalog.rows(driftClasses(null))
      const { homes: unscanned } = await platform.catalog.one(unscannedHomes)
      return { pending: drifted(classes), unscanned, data: classes.map(rowOf) }
    }
    const { found, home, place, difference } = await planClass(platform, name, fail)
    return {
      pending: drifted([found]),
      unscanned: 0,
      data: [rowOf(found)],
      difference: {
        home: place,
        statements: difference.mends.map(({ sql, loses }) => ({ sql, ...(loses === undefined ? {} : { loses }) })),
        told: [...difference.told],
        script: scriptOf(home, difference.mends),
      },
    }
  },
})
