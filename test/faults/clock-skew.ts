import { checkTenant } from './checker.js'
import { startChild } from './children.js'
import { type Rig, until } from './rig.js'
import type { Tally } from './tally.js'

const HOUR_MS = 3_600_000
/** Two hours ahead, a day behind, and past every grace. */
export const SKEWS = { ahead: 2 * HOUR_MS, behind: -24 * HOUR_MS, 'far ahead': 40 * 24 * HOUR_MS } as const

const HOLDS_AT = 'tenant.create/home:acted'
const LEASES = 2
/** Long enough that a busy machine does not let it run out. */
export const SKEWED_LEASE = { lease: '3s' } as const

/**
 * Processes whose clocks are wrong, all ways at once: each holds operations that the workers of the others must leave alone, dies and is replaced, and
 * tries to destroy a tenant before its time. There must be no workers, and a tenant `peace` of isolation `schema`.
 */
export async function skewClocks(rig: Rig): Promise<Tally> {
  const violations: string[] = []
  const convergedMs: number[] = []
  const { eyes, fleet, subject } = rig
  const expect = (what: string, found: unknown, wanted: unknown): void => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) violations.push(`clock skew: ${what}: ${JSON.stringify(found)}`)
  }
  const whole = async (slug: string, state: 'active' | 'deleted'): Promise<void> => {
    const like = state === 'active' ? { like: 'peace' } : {}
    violations.push(...(await checkTenant(subject, slug, { state, isolation: 'schema', ...like })))
  }
  const skews = Object.entries(SKEWS).map(([name, skewMs]) => ({ skewMs, slug: (what: string) => `${what}-${name.replace(' ', '-')}` }))

  // Each for two: what is held, and what is left behind.
  const holders = skews.map(({ skewMs, slug }) =>
    startChild(fleet, { run: 'tenant.create', input: { slug: slug('held'), isolation: 'schema' }, waitAt: HOLDS_AT }, { skewMs }),
  )
  const workers = skews.map(({ skewMs }) => startChild(fleet, {}, { skewMs }))
  try {
    for (const holder of holders) await holder.says(`at ${HOLDS_AT}`)
    for (const [i, worker] of workers.entries()) {
      await worker.says('ready')
      const wrongBy = Number((await worker.saying('clock ')).slice(6)) - Date.now()
      if (Math.abs(wrongBy - skews[i]!.skewMs) > 60_000) violations.push(`the clock of the child was off by ${wrongBy} ms`)
    }
    const destroying = skews.map(async ({ skewMs, slug }) => {
      await fleet.run('tenant.create', { slug: slug('early'), isolation: 'schema' })
      const tenant = slug('early')
      const purge = ['tenant.purge', { tenant, waiveBackup: 'a test' }] as const
      const runs = [
        ['tenant.sql', { tenant, statement: "insert into note (body) values ('kept')", write: true }],
        ['tenant.delete', { tenant, reason: 'left us', grace: '1d' }],
        purge,
        ['tenant.undelete', { tenant }],
        ['tenant.delete', { tenant, reason: 'left us', grace: '0s' }],
      ] as const
      const child = startChild(fleet, { runs }, { skewMs })
      await child.ended()
      expect(
        `${tenant}: what a process with a wrong clock was told`,
        child.said().filter((line) => /^(succeeded|fault)/.test(line)),
        ['succeeded', 'succeeded', 'fault TENANT_GRACE', 'succeeded', 'succeeded'],
      )
      await whole(tenant, 'deleted')
      const graces = `
        select round(extract(epoch from (t.purge_after - t.deleted_at)))::int as grace, t.purge_after <= clock_timestamp() as over
        from catalog.tenant t where t.slug = $1`
      expect(`${tenant}: its grace`, await eyes.see(subject.catalog, graces, [tenant]), [{ grace: 0, over: true }])
      // By its own clock the grace has not begun; to the others it is long over.
      if (skewMs > 0) return
      const last = startChild(fleet, { runs: [purge] }, { skewMs })
      expect(`${tenant}: purged after its grace`, (await last.ended()).last, 'succeeded')
    })
    await new Promise((resolve) => setTimeout(resolve, LEASES * fleet.platform.config.leaseMs))
    await Promise.all(destroying)
    for (const { slug } of skews) {
      const { state, attempts } = await rig.operation('tenant.create', slug('held'))
      expect(`${slug('held')}: an operation whose worker lives`, [state, attempts], ['running', 1])
    }
    for (const holder of holders) holder.goOn()
    for (const holder of holders) expect('the worker that was left alone', (await holder.ended()).last, 'succeeded')
    await Promise.all(
      skews.map(async ({ skewMs, slug }) => {
        const input = { slug: slug('left'), isolation: 'schema' }
        await startChild(fleet, { run: 'tenant.create', input, killAt: HOLDS_AT }, { skewMs }).ended()
        const killedAt = performance.now()
        await until('it to be taken over', async () =>
          (await rig.operation('tenant.create', slug('left'))).state === 'succeeded' ? true : undefined,
        )
        convergedMs.push(performance.now() - killedAt)
        await whole(slug('held'), 'active')
        await whole(slug('left'), 'active')
      }),
    )
  } finally {
    await Promise.all([...workers, ...holders].map((child) => child.stop()))
  }
  return { kills: convergedMs.length, violations, convergedMs }
}
