import { z } from 'zod'
import { databaseAssurances } from '../../catalog/assurance.js'
import { operation } from '../../engine/operation.js'
import { ASSURANCES } from '../../kernel/assurance.js'

const row = z.object({
  cluster: z.string(),
  database: z.string(),
  assurance: z.enum(ASSURANCES),
  tenants: z.number(),
  keys: z.number().describe('Keys of tokens that the database believes: two while they are exchanged'),
  since: z.date().nullable().describe('When applications began to sign with the newest key'),
})

export const showAssurance = operation({
  kind: 'direct',
  name: 'assurance.show',
  summary: 'Show how hard the wall of each database is.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({ data: z.array(row) }),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/assurance',
  words: {
    says: ({ data }) => (data.length === 0 ? 'no database yet; add a cluster with `tenantry cluster add NAME`' : ''),
    columns: ['cluster', 'database', 'assurance', 'tenants', 'keys', 'since'],
  },
  async call({ platform }) {
    const databases = await platform.catalog.rows(databaseAssurances)
    return { data: databases.map(({ id: _, name, ...rest }) => ({ ...rest, database: name })) }
  },
})
