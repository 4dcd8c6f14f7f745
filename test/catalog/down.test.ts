import { createServer } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTenantry } from '../../src/client/tenantry.js'
import { sql } from '../../src/kernel/sql.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type Outage, runOutage } from './outage.js'

const OUTAGE_MS = 20_000

describe('while the catalog is down', () => {
  let seen: Outage
  let silence: Silence
  beforeAll(async () => {
    ;[seen, silence] = await Promise.all([runOutage(urlOf(testServer()), OUTAGE_MS), askSilence()])
  }, 120_000)

  test('every scope of a tenant that is known succeeds, in three isolations', () => {
    expect(seen.failures).toEqual([])
    expect(seen.scopes).toBeGreaterThan(1_000)
  })

  test('a tenant that is not known is a fault of its own, told at once', () => {
    expect(new Set(seen.unknown.map(({ code }) => code))).toEqual(new Set(['CATALOG_UNREACHABLE']))
    expect(Math.max(...seen.unknown.map(({ ms }) => ms))).toBeLessThan(2_000)
  })

  test('a placement that has changed meanwhile is refused, and the fault says that it is out of date', () => {
    expect(seen.stale).toEqual({ code: 'CATALOG_UNREACHABLE', stale: true })
  })

  test('the API answers 503 with Retry-After', () => {
    const distinct = [...new Set(seen.api.map((reply) => JSON.stringify(reply)))].map((text) => JSON.parse(text))
    expect(distinct).toEqual([{ status: 503, code: 'CATALOG_UNREACHABLE', retryAfter: '1' }])
  })

  test('when it is back all is well without a restart, and nobody storms it', () => {
    expect(seen.backMs).toBeLessThan(10_000)
    expect(seen.apiAfter).toBe(200)
    expect(seen.connections).toBeLessThanOrEqual(2)
    // Six placements are asked for once in a second at most, and there is the control plane.
    expect(seen.questions).toBeLessThan(40)
  })

  test('of one that has gone silent whoever comes first waits three seconds, and then nobody', () => {
    for (const { code, ms } of silence.first) expect([code, ms > 2_500 && ms < 6_000]).toEqual(['CATALOG_UNREACHABLE', true])
    expect(silence.next.code).toBe('CATALOG_UNREACHABLE')
    expect(silence.next.message).toMatch(
      /^tenant "acme" is not known here yet, and the catalog at 127\.0\.0\.1:\d+ cannot be reached: no answer within 3000 ms$/,
    )
    expect(silence.next.ms).toBeLessThan(2_400)
  })
})

interface Told {
  readonly code: string
  readonly message: string
  readonly ms: number
}

interface Silence {
  readonly first: readonly Told[]
  readonly next: Told
}

/** A client whose catalog takes connections and never says a word. */
async function askSilence(): Promise<Silence> {
  const silent = createServer((socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  const app = createTenantry({ catalogUrl: `postgres://somebody:secret@127.0.0.1:${port}/catalog`, secrets: () => 'secret' })
  const told = async (slug: string): Promise<Told> => {
    const start = performance.now()
    const error = (await app
      .tenant(slug)
      .query(sql`select 1`)
      .catch((fault: unknown) => fault)) as Error & { code: string }
    return { code: error.code, message: error.message, ms: performance.now() - start }
  }
  try {
    return { first: await Promise.all([told('acme'), told('globex')]), next: await told('acme') }
  } finally {
    silent.close()
    app.close().catch(() => {})
  }
}
