import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { differencesWith } from '../../engine/restore/comparing.js'
import { counted } from '../../kernel/counted.js'
import { findWithBeside, homeRef } from './beside-of.js'
import { tenantRef } from './row.js'

const content = z.record(z.string(), z.string().nullable()).nullable().describe('Its columns as text, exactly as PostgreSQL writes them')

export const showDifference = operation({
  kind: 'direct',
  name: 'tenant.difference',
  summary: 'Export the rows of a table that differ between the home that a tenant lives in and one beside.',
  effect: 'read',
  input: z.strictObject({
    tenant: tenantRef,
    table: z.string().min(1).max(140).describe('Name of the table, as `tenant compare` shows it'),
    home: homeRef.optional().describe('Id or schema of the home beside (default: the only one)'),
    limit: z.coerce.number().int().min(1).max(10_000).default(1_000).describe('Rows per page'),
    cursor: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be the nextCursor of the page before')
      .optional()
      .describe('Where the page before ended: its nextCursor'),
  }),
  output: z.object({
    data: z.array(
      z.object({
        change: z.enum(['only-live', 'only-beside', 'changed']),
        key: z.array(z.string().nullable()),
        live: content,
        beside: content,
      }),
    ),
    nextCursor: z.string().nullable(),
  }),
  faults: ['TENANT_NOT_FOUND', 'TABLE_UNKNOWN', 'HOME_NOT_BESIDE', 'HOME_CHOICE', 'SLUG_INVALID', 'SERVER_UNREACHABLE'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'GET /v1/tenants/{tenant}/difference',
  words: {
    positionals: ['tenant', 'table'],
    columns: ['change', 'key', 'live', 'beside'],
    says: ({ data, nextCursor }) => `${counted(data.length, 'row')}${nextCursor === null ? '' : `; the next page: --cursor ${nextCursor}`}`,
  },
  async call(context, { tenant: ref, table, home, limit, cursor = '' }) {
    const { tenant, beside } = await findWithBeside(context, ref, home)
    const found = await differencesWith(context.platform, tenant, beside.id, table, { after: cursor, limit })
    return {
      data: found.rows.map(({ change, key, left, right }) => ({
        change: CHANGES[change],
        key: [...key],
        live: left === undefined ? null : { ...left },
        beside: right === undefined ? null : { ...right },
      })),
      nextCursor: found.rows.length >= limit ? found.rows.at(-1)!.place : null,
    }
  },
})

const CHANGES = { 'only-left': 'only-live', 'only-right': 'only-beside', changed: 'changed' } as const
