import type { NameServer } from '../facts/name-server.js'
import { checkTenant } from './checker.js'
import { runKilled, runKilledTogether } from './children.js'
import { pointsOf, type Rig, slugOf } from './rig.js'
import type { Tally } from './tally.js'
import { withWork } from './with-work.js'

// SIGKILL at the borders of steps of operations that are not about the life of one tenant. There must be a tenant `peace`, and no workers.

type Choose = (points: readonly string[]) => readonly string[]
const all: Choose = (points) => points

/** The two passwords that a rotation goes between, by their references. */
export const ROTATION_SECRETS = { 'env:NEXT': 'the-next-password' }

/** Rotates the credentials of the cluster `main` to and fro, and shuts out the logins from before each time; what is killed alternates between the two. */
export async function killRotations(rig: Rig, choose = all): Promise<Tally> {
  const { fleet, eyes, subject } = rig
  const violations: string[] = []
  const convergedMs: number[] = []
  const secrets = { NEXT: ROTATION_SECRETS['env:NEXT'] }
  let next = 'env:NEXT'
  for (const point of choose(pointsOf('cluster.rotate'))) {
    const rotate = { cluster: 'main', appSecret: next }
    const retire = { cluster: 'main', retire: true, grace: '0s' }
    for (const input of [rotate, retire]) {
      await runKilled(fleet, 'cluster.rotate', input, point, { secrets })
      const killedAt = performance.now()
      const [{ id } = { id: '' }] = await eyes.see<{ id: string }>(
        subject.catalog,
        `select id from catalog.operation where name = 'cluster.rotate' order by created_at desc limit 1`,
      )
      const { state } = await withWork(fleet, () => rig.endOf(id))
      convergedMs.push(performance.now() - killedAt)
      if (state !== 'succeeded') violations.push(`cluster.rotate killed at ${point}: ended as ${state}`)
    }
    const [cluster] = await eyes.see<{ state: string; secret: string; old: boolean }>(
      subject.catalog,
      `select state, app_secret_ref as secret, old_logins_since is not null as old from catalog.cluster where name = 'main'`,
    )
    const wanted = { state: 'live', secret: next, old: false }
    if (JSON.stringify(cluster) !== JSON.stringify(wanted)) violations.push(`cluster.rotate killed at ${point}: ${JSON.stringify(cluster)}`)
    const now = { ...subject, password: next === 'env:NEXT' ? ROTATION_SECRETS['env:NEXT'] : subject.password }
    // A login that is shut out stays a member, for the next time.
    const wrong = await checkTenant(now, 'peace', { state: 'active', isolation: 'schema' })
    violations.push(...wrong.filter((one) => !one.includes('members of the role')))
    const logins = await eyes.see<{ n: number }>(
      subject.catalog,
      `select count(*)::int as n from pg_roles r join catalog.platform p on starts_with(r.rolname, 'tny_' || p.id || '_app') where rolcanlogin`,
    )
    if (logins[0]!.n !== 1) violations.push(`cluster.rotate killed at ${point}: ${logins[0]!.n} logins can log in`)
    next = next === 'env:NEXT' ? 'env:TENANTRY_APP_PASSWORD' : 'env:NEXT'
  }
  return { kills: convergedMs.length, violations, convergedMs }
}

/** The fleet's configuration must name the name server. */
export async function killVerifications(rig: Rig, names: NameServer, choose = all): Promise<Tally> {
  const { fleet, eyes, subject } = rig
  const violations: string[] = []
  const convergedMs: number[] = []
  const points = choose(pointsOf('domain.verify'))
  const domainOf = (point: string): string => `${slugOf('d', point)}.example.org`
  await Promise.all(
    points.map(async (point) => {
      const domain = domainOf(point)
      const { record, token } = await fleet.run<{ record: string; token: string }>('domain.add', { tenant: 'peace', domain })
      names.txt.set(record, [[token]])
    }),
  )
  await runKilledTogether(
    fleet,
    points.map((killAt) => ({ run: 'domain.verify', input: { tenant: 'peace', domain: domainOf(killAt) }, killAt })),
  )
  const startedAt = performance.now()
  await withWork(fleet, async () => {
    for (const point of points) {
      const text = `select id from catalog.operation where name = 'domain.verify' and input ->> 'domain' = $1`
      const [found] = await eyes.see<{ id: string }>(subject.catalog, text, [domainOf(point)])
      const { state } = await rig.endOf(found!.id)
      convergedMs.push(performance.now() - startedAt)
      const verified = `select from catalog.tenant_domain where domain = $1 and state = 'verified'`
      const rows = await eyes.see(subject.catalog, verified, [domainOf(point)])
      if (state !== 'succeeded' || rows.length !== 1) violations.push(`domain.verify killed at ${point}: ${state}, ${rows.length} verified`)
    }
  })
  return { kills: convergedMs.length, violations, convergedMs }
}
