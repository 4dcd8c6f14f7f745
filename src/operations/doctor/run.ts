import { z } from 'zod'
import { findCluster } from '../../catalog/clusters.js'
import { operation } from '../../engine/operation.js'
import { examine } from './examine.js'
import { COLUMNS, failOn, says, verdict, verdictOn } from './found.js'

export const runDoctor = operation({
  kind: 'direct',
  name: 'doctor.run',
  summary:
    'Examine the platform and list what is wrong, with what mends it; --fix repairs what is safe to repair, --attack tries the walls.',
  effect: 'read',
  input: z.strictObject({ cluster: z.string().min(1).max(63).optional().describe('Only this cluster'), failOn }),
  output: verdict,
  faults: ['CLUSTER_NOT_FOUND'],
  access: { roles: ['operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/doctor',
  words: { says, columns: COLUMNS, passes: ({ healthy }) => healthy },
  async call({ platform, fail }, { cluster, failOn: least }) {
    if (cluster !== undefined && (await platform.catalog.maybe(findCluster(cluster))) === undefined)
      throw fail('CLUSTER_NOT_FOUND', { cluster })
    return verdictOn(await examine(platform, { cluster }), least)
  },
})
