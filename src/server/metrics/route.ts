import { newestSamples } from '../../catalog/samples.js'
import { SOURCES, type Source, STEP_OF } from '../../engine/collect/metrics.js'
import type { Platform } from '../../engine/platform.js'
import { sharedLook } from '../../engine/shared-look.js'
import { listMetrics } from '../../operations/metric/list.js'
import { admit } from '../admit.js'
import { refuseKeyInAddress } from '../authenticate.js'
import { refuseBody } from '../body.js'
import type { OwnRoute } from '../own-routes.js'
import { mayRun } from '../policy.js'
import { platformFamilies } from './platform.js'
import type { RequestTimes } from './requests.js'
import { serverFamilies } from './servers.js'
import { statementFamilies } from './statements.js'
import { renderFamilies } from './text.js'

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
// However many scrape, the catalog is asked no more often.
const FOR_MS = 5_000

/** Where, and how OpenAPI describes it. */
export const METRICS_PAGE = {
  method: 'GET',
  path: '/metrics',
  described: {
    operationId: 'metrics',
    tags: ['metric'],
    summary: 'What is known of servers, tenants, operations and requests, as Prometheus scrapes it.',
    description:
      'Names are those of postgres_exporter and pgbouncer_exporter where they have one for the same fact, with the label `cluster`. For every role but tenant-admin.',
    parameters: [{ $ref: '#/components/parameters/RequestId' }],
    responses: {
      200: {
        description: 'The text format of Prometheus, version 0.0.4.',
        headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } },
        content: {
          'text/plain': {
            schema: { type: 'string' },
            example: '# HELP pg_up Did the server answer?\n# TYPE pg_up gauge\npg_up{cluster="main"} 1\n',
          },
        },
      },
    },
  },
  faults: [
    'KEY_MISSING',
    'KEY_INVALID',
    'SESSION_ENDED',
    'KEY_FORBIDDEN',
    'RATE_LIMITED',
    'INPUT_INVALID',
    'BODY_INVALID',
    'CATALOG_UNREACHABLE',
    'INTERNAL',
  ],
} as const satisfies Omit<OwnRoute, 'answer'>

/** What Prometheus scrapes: for those who may see metrics. */
export function metricsRoute(platform: Platform, requests: RequestTimes): OwnRoute {
  const kept = sharedLook<string>(FOR_MS)
  const look = async (): Promise<string> => {
    const sources = SOURCES.map((source) => ({ source, step: STEP_OF[source] }))
    const samples = (await platform.catalog.rows(newestSamples(sources))).map((one) => ({ ...one, source: one.source as Source }))
    return renderFamilies([...serverFamilies(samples), ...(await statementFamilies(platform)), ...(await platformFamilies(platform))])
  }
  return {
    ...METRICS_PAGE,
    answer: async (request, context) => {
      refuseKeyInAddress(request)
      await refuseBody(request)
      await mayRun(platform, await admit(request, context), listMetrics, {})
      return new Response(`${await kept(platform, '', look)}${renderFamilies([requests.family()])}`, {
        headers: { 'Content-Type': CONTENT_TYPE },
      })
    },
  }
}
