import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { compareWith } from '../../engine/restore/comparing.js'
import { findWithBeside, homeRef } from './beside-of.js'
import { tenantRef } from './row.js'

const key = z.array(z.string().nullable()).describe('Values of the primary key; of a table without one, of the whole row')

export const compareTenant = operation({
  kind: 'direct',
  name: 'tenant.compare',
  summary: 'Compare the home that a tenant lives in with one beside: rows that one has and the other has not, or has differently.',
  effect: 'read',
  input: z.strictObject({
    tenant: tenantRef,
    home: homeRef.optional().describe('Id or schema of the home beside (default: the only one)'),
    examples: z.coerce.number().int().min(0).max(100).default(3).describe('How many rows are named of each table'),
  }),
  output: z.object({
    tenant: z.string(),
    home: z.string(),
    kind: z.enum(['restored', 'former']),
    equal: z.boolean(),
    versions: z.object({ live: z.string(), beside: z.string() }).describe('The schema versions of the two'),
    data: z.array(
      z.object({
        table: z.string(),
        live: z.number().describe('Rows in the home that the tenant lives in'),
        beside: z.number(),
        onlyLive: z.number().describe('Rows that are not in the other home: a re-point leaves them behind'),
        onlyBeside: z.number(),
        changed: z.number().describe('Rows of the same key with other values; none are told apart in a table without a primary key'),
        columns: z.array(z.string()).describe('Columns that only one of the two has; they are not compared'),
        examples: z.array(z.object({ change: z.enum(['only-live', 'only-beside', 'changed']), key })),
      }),
    ),
  }),
  faults: ['TENANT_NOT_FOUND', 'HOME_NOT_BESIDE', 'HOME_CHOICE', 'SLUG_INVALID', 'SERVER_UNREACHABLE'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'GET /v1/tenants/{tenant}/compare',
  words: {
    positionals: ['tenant'],
    columns: ['table', 'live', 'beside', 'onlyLive', 'onlyBeside', 'changed'],
    says: ({ tenant, kind, equal, data }) => {
      const sum = (field: 'onlyLive' | 'onlyBeside' | 'changed'): number => data.reduce((all, table) => all + table[field], 0)
      return equal
        ? `${tenant}: the ${kind} home has the same rows`
        : `${tenant}: ${sum('onlyLive')} rows are only in the home that it lives in, ${sum('onlyBeside')} only in the ${kind} one, ${sum('changed')} have other values`
    },
  },
  async call(context, { tenant: ref, home, examples }) {
    const { tenant, beside } = await findWithBeside(context, ref, home)
    const found = await compareWith(context.platform, tenant, beside.id, examples)
    const data = found.map(({ table, left, right, onlyLeft, onlyRight, changed, columns, examples: some }) => ({
      table,
      live: left,
      beside: right,
      onlyLive: onlyLeft,
      onlyBeside: onlyRight,
      changed,
      columns: [...columns],
      examples: some.map((one) => ({ change: CHANGES[one.change], key: [...one.key] })),
    }))
    const equal = data.every(({ onlyLive, onlyBeside, changed, columns }) => onlyLive + onlyBeside + changed + columns.length === 0)
    return {
      tenant: tenant.slug,
      home: beside.id,
      kind: beside.kind,
      equal,
      versions: { live: tenant.version, beside: beside.version },
      data,
    }
  },
})

const CHANGES = { 'only-left': 'only-live', 'only-right': 'only-beside', changed: 'changed' } as const
