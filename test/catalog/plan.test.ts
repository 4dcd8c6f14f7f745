import { describe, expect, test } from 'vitest'
import { planRebuild, type SurveyedCluster } from '../../src/engine/rebuild/plan.js'
import type { Survey } from '../../src/isolation/survey.js'

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const config = { naming: { schema: 't_{number:4}', database: 't_{id}' }, hidden: {} }

const facts = (slug: string, over: object = {}) => ({
  ...{ slug, name: slug, state: 'active', reason: null, since: null, createdAt: null, deletedFrom: null, deletedFromReason: null },
  ...{ deletedAt: null, purgeAfter: null, heldFor: null, tier: null, region: null, labels: {}, statementTimeoutMs: null },
  ...{ idleTimeoutMs: null, formerSlugs: [], domains: [], ...over },
})

interface Lives {
  readonly tenant: number
  readonly epoch?: number
  readonly state?: 'active' | 'suspended'
  readonly facts?: { readonly change: number; readonly facts: object }
}

/** A database with a schema of its own for each tenant. */
const survey = (n: number, lives: readonly Lives[], over: Partial<Survey> = {}): Survey => ({
  ...{
    database: `db${n}`,
    databaseId: id(n),
    platformId: 'aaaaaa',
    marked: true,
    hardened: true,
    adopted: false,
    applied: [],
    clusterFacts: [],
  },
  homes: lives.map(({ tenant }) => ({
    ...{
      id: id(1_000 + 100 * n + tenant),
      isolation: 'schema' as const,
      schema: `t_00${10 * n + tenant}`,
      role: `r${n}${tenant}`,
      version: '',
    },
    ...{ there: true, adopted: false, since: null, logins: [{ login: 'tny_aaaaaa_app2', enabled: true }] },
  })),
  placements: lives.map(({ tenant, epoch = 1, state = 'active' }) => ({
    tenant: id(tenant),
    home: id(1_000 + 100 * n + tenant),
    epoch,
    state,
  })),
  tenantFacts: lives.flatMap((one) =>
    one.facts === undefined ? [] : [{ subject: id(one.tenant), change: String(one.facts.change), facts: one.facts.facts }],
  ),
  ...over,
})

const plan = (surveys: readonly Survey[], suspendUnknown = false) => {
  const cluster: SurveyedCluster = {
    ...{ given: { name: 'main', adminRef: 'env:A' }, host: 'h', port: 1, version: 180_000, systemId: '1', superuser: true, surveys },
  }
  return planRebuild('aaaaaa', [cluster], config, suspendUnknown)
}

const brief = ({ catalog }: ReturnType<typeof plan>) => catalog.tenants.map(({ slug, state, home }) => [slug, state, home])

describe('the plan of a rebuild', () => {
  test('the higher epoch wins; of equal ones neither lets anybody in', () => {
    const won = plan([survey(1, [{ tenant: 5, epoch: 2 }]), survey(2, [{ tenant: 5, epoch: 3 }])])
    expect(brief(won)).toEqual([['unknown-00000000', 'active', id(1_205)]])
    expect([won.close.length, won.conflicts.length]).toEqual([0, 1])
    const tied = plan([survey(1, [{ tenant: 5 }]), survey(2, [{ tenant: 5 }])])
    expect(brief(tied)[0]![1]).toBe('suspended')
    expect(tied.close.map(({ kept, others }) => [kept.survey.database, others[0]!.survey.database])).toEqual([['db1', 'db2']])
  })

  test('a copy of a database is not restored, and a tenant that is newer in it is suspended', () => {
    const copy = survey(1, [{ tenant: 5, epoch: 4 }, { tenant: 6 }], { marked: false, database: 'copy' })
    const found = plan([
      copy,
      survey(1, [
        { tenant: 5, epoch: 3 },
        { tenant: 6, epoch: 2 },
      ]),
    ])
    expect(found.catalog.databases.map(({ name }) => name)).toEqual(['db1'])
    expect(brief(found).map(([, state]) => state)).toEqual(['suspended', 'active'])
    expect(found.leftovers).toEqual([expect.stringContaining('main/copy')])
  })

  test('of two who say that they have one slug the later has it', () => {
    const found = plan([
      survey(1, [
        { tenant: 5, facts: { change: 7, facts: facts('acme') } },
        { tenant: 6, facts: { change: 9, facts: facts('acme') } },
        {
          tenant: 7,
          facts: { change: 8, facts: facts('other', { formerSlugs: [{ slug: 'acme', redirects: true, since: '2026-01-01' }] }) },
        },
      ]),
    ])
    expect(brief(found).map(([slug]) => slug)).toEqual(['unknown-00000000', 'acme', 'other'])
    expect(found.catalog.tenants[2]!.formerSlugs).toEqual([])
    expect(found.catalog.lastChange).toBe('9')
  })

  test('what the database says decides about the state; in doubt a tenant is closed', () => {
    const states = (state: Lives['state'], kept: object | undefined, suspendUnknown = false) => {
      const known = kept === undefined ? {} : { facts: { change: 1, facts: facts('acme', kept) } }
      const found = plan([survey(1, [{ tenant: 5, ...(state === undefined ? {} : { state }), ...known }])], suspendUnknown)
      return [found.catalog.tenants[0]!.state, found.close.length]
    }
    const deleted = { state: 'deleted', deletedFrom: 'active', deletedAt: '2026-01-01', purgeAfter: '2026-02-01' }
    expect(states('active', undefined)).toEqual(['active', 0])
    expect(states('active', undefined, true)).toEqual(['suspended', 1])
    expect(states('suspended', undefined)).toEqual(['suspended', 0])
    expect(states('active', { state: 'suspended' })).toEqual(['active', 0])
    expect(states('active', { state: 'warm', slug: '~x' })).toEqual(['suspended', 1])
    expect(states('suspended', { state: 'warm', slug: '~x' })[0]).toBe('suspended')
    expect(states('suspended', deleted)).toEqual(['deleted', 0])
    expect(states('active', deleted)).toEqual(['suspended', 1])
    // Surplus stock that was being discarded.
    expect(states('active', { state: 'purging', slug: '~x' })).toEqual(['suspended', 1])
    expect(states('suspended', { ...deleted, state: 'purging', slug: '~x' })[0]).toBe('suspended')
  })

  test('what another rebuild has closed is in doubt as before', () => {
    const deleted = { state: 'deleted', deletedFrom: 'active', deletedAt: '2026-01-01', purgeAfter: '2026-02-01' }
    const first = plan([survey(1, [{ tenant: 5, facts: { change: 7, facts: facts('acme', deleted) } }])])
    const { change, facts: doubted } = first.close[0]!.doubt!
    // Beside what it was made from, which is somewhere else.
    const again = plan([
      survey(1, [{ tenant: 5, state: 'suspended', facts: { change: 7, facts: facts('acme', deleted) } }]),
      survey(2, [{ tenant: 6 }], { tenantFacts: [{ subject: id(5), change, facts: doubted }] }),
    ])
    expect(again.catalog.tenants[0]).toMatchObject({ slug: 'acme', state: 'suspended', reason: first.catalog.tenants[0]!.reason })
    expect(again.unknown).toEqual(expect.arrayContaining([`tenant acme: ${first.catalog.tenants[0]!.reason}`]))
  })

  test('what was adopted is so again, with its version if a copy says so, and neither numbers nor new tenants are looked for in it', () => {
    const theirs = (n: number, schema: string, kept?: object) => {
      const facts1 = kept === undefined ? {} : { facts: { change: 1, facts: facts(`t${n}`, kept) } }
      const one = survey(n, [{ tenant: n, ...facts1 }], { adopted: true })
      return { ...one, homes: one.homes.map((home) => ({ ...home, schema, adopted: true })) }
    }
    const found = plan([theirs(1, 't_0007', { adoptedVersion: '3' }), theirs(2, 't_2'), survey(3, [{ tenant: 3 }])])
    expect(found.catalog.homes.map(({ adoptedVersion, number }) => [adoptedVersion, number])).toEqual([
      ['3', 1],
      ['unknown since the catalog was rebuilt', 2],
      [null, 33],
    ])
    expect(found.catalog.databases.map(({ adopted }) => adopted)).toEqual([true, true, false])
    expect(found.catalog.clusters[0]!.defaultDatabase).toBe(id(3))
    expect(found.unknown.filter((text) => text.includes('adopted'))).toEqual([expect.stringContaining('main/db2/t_2')])
    expect(plan([theirs(1, 'a')]).catalog.clusters[0]!.defaultDatabase).toBeNull()
    const huge = survey(1, [{ tenant: 5 }])
    const homes = huge.homes.map((home) => ({ ...home, schema: 't_20260102000000' }))
    expect(plan([{ ...huge, homes }]).catalog.lastNumber).toBe(1)
  })

  test('numbers come from names, and logins from the side that may log in', () => {
    const { catalog } = plan([survey(1, [{ tenant: 5 }]), survey(2, [{ tenant: 6 }])])
    expect(catalog.homes.map(({ number, login }) => [number, login])).toEqual([
      [15, 'tny_aaaaaa_app2'],
      [26, 'tny_aaaaaa_app2'],
    ])
    expect([catalog.lastNumber, catalog.clusters[0]!.loginSide]).toEqual([26, 2])
  })
})
