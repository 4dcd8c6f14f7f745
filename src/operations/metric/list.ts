import { z } from 'zod'
import { METRICS, SOURCES } from '../../engine/collect/metrics.js'
import { operation } from '../../engine/operation.js'

const row = z.object({
  metric: z.string(),
  unit: z.string().describe('Of its values; empty for those that are 1 or 0'),
  says: z.string(),
  of: z.enum(SOURCES).describe('What it has series of'),
  kinds: z.array(z.string()).describe('Where it has several series for each of those: what they are called'),
})

export const listMetrics = operation({
  kind: 'direct',
  name: 'metric.list',
  summary: 'List what is measured of servers and kept over time.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({ data: z.array(row) }),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/metrics',
  words: { says: () => '', columns: ['metric', 'unit', 'of', 'kinds', 'says'] },
  call: async () => ({
    data: METRICS.map(({ name, unit, says, source, of }) => ({
      metric: name,
      unit,
      says,
      of: source,
      kinds: Object.keys(of).filter((kind) => kind !== ''),
    })),
  }),
})
