import { checkPurged, checkTenant, type Expected, type Place } from './checker.js'
import type { Proxied } from './proxied.js'

// What is done while connections are killed, and how to see that it was done.

export type Scenario = 'tenant.create shared' | 'tenant.create schema' | 'tenant.create database' | Purge | Change
type Purge = 'tenant.purge shared' | 'tenant.purge schema' | 'tenant.purge database'
type Change = 'tenant.suspend' | 'tenant.resume' | 'tenant.delete' | 'tenant.undelete' | 'tenant.rename' | 'tenant.set'

export const SCENARIOS: readonly Scenario[] = [
  'tenant.create shared',
  'tenant.create schema',
  'tenant.create database',
  'tenant.suspend',
  'tenant.resume',
  'tenant.delete',
  'tenant.undelete',
  'tenant.rename',
  'tenant.set',
  'tenant.purge shared',
  'tenant.purge schema',
  'tenant.purge database',
]

export type Call = readonly [name: string, input: Readonly<Record<string, unknown>>]

/** One time through the operation. `before` and `after` are done in peace. */
export type Passage = (point: number) => {
  readonly before: readonly Call[]
  readonly operation: Call
  readonly check: (place: Place | undefined) => Promise<readonly string[]>
  readonly after?: readonly Call[]
}

/** For one of several that go through the same operation at the same time. */
export async function prepare({ fleet, subject }: Proxied, scenario: Scenario, number: number): Promise<Passage> {
  const [name, isolation = 'schema'] = scenario.split(' ') as [string, string?]
  const short = scenario.replace('tenant.', '').replace(' ', '-')
  const fresh = (point: number): string => (point === 0 ? `${short}-r${number}` : `${short}-${point}`)
  const is = (slug: string, state: Expected['state']) => checkTenant(subject, slug, { state, isolation })

  if (name === 'tenant.create') {
    return (point) => ({
      before: [],
      operation: [name, { slug: fresh(point), isolation }],
      check: () => checkTenant(subject, fresh(point), { state: 'active', isolation, like: `peace-${isolation}` }),
    })
  }
  if (name === 'tenant.purge') {
    return (point) => ({
      before: [
        ['tenant.create', { slug: fresh(point), isolation }],
        ['tenant.sql', { tenant: fresh(point), statement: "insert into note (body) values ('gone')", write: true }],
        ['tenant.sql', { tenant: fresh(point), statement: "insert into platform.account (email) values ('gone')", write: true }],
        ['tenant.delete', { tenant: fresh(point), reason: 'left us', grace: '0s' }],
      ],
      operation: [name, { tenant: fresh(point), waiveBackup: 'a drill' }],
      check: (place) => checkPurged(subject, fresh(point), place!),
    })
  }
  // The same tenant again and again: changed under the fault and changed back in peace, or the other way round.
  const slug = `${short}-${number}`
  const { id } = await fleet.run<{ id: string }>('tenant.create', { slug, isolation })
  const suspend: Call = ['tenant.suspend', { tenant: slug, reason: 'unpaid' }]
  const resume: Call = ['tenant.resume', { tenant: slug }]
  const del: Call = ['tenant.delete', { tenant: slug, reason: 'left us' }]
  const undelete: Call = ['tenant.undelete', { tenant: slug }]
  const changes: Readonly<Record<Change, Passage>> = {
    'tenant.suspend': () => ({ before: [], operation: suspend, check: () => is(slug, 'suspended'), after: [resume] }),
    'tenant.resume': () => ({ before: [suspend], operation: resume, check: () => is(slug, 'active') }),
    'tenant.delete': () => ({ before: [], operation: del, check: () => is(slug, 'deleted'), after: [undelete] }),
    'tenant.undelete': () => ({ before: [del], operation: undelete, check: () => is(slug, 'active') }),
    'tenant.rename': (point) => ({
      before: [],
      operation: [name, { tenant: id, slug: `${slug}-${point}` }],
      check: () => is(`${slug}-${point}`, 'active'),
      after: [
        [name, { tenant: id, slug }],
        ['tenant.release', { tenant: id, slug: `${slug}-${point}` }],
      ],
    }),
    'tenant.set': (point) => ({
      before: [],
      operation: [name, { tenant: slug, label: [`point=n${point}`] }],
      check: async () => {
        const found = await subject.eyes.see(subject.catalog, 'select labels from catalog.tenant where id = $1', [id])
        const wrong =
          JSON.stringify(found) === JSON.stringify([{ labels: { point: `n${point}` } }]) ? [] : [`${slug}: ${JSON.stringify(found)}`]
        return [...wrong, ...(await is(slug, 'active'))]
      },
    }),
  }
  return changes[name as Change]
}
