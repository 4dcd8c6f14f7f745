import { expect, test } from 'vitest'
import { attentionOf, type Fleet, sumOf, tenantsBy } from './attention.js'

const WELL: Fleet = {
  at: '2026-11-22T08:30:00.000Z',
  tenants: { total: 3, data: [] },
  operations: { running: 1, paused: 0, succeeded: 4, failed: 0, cancelled: 1 },
  migrations: { homes: 3, behind: 0, platformsBehind: 0, frozen: null, unreadable: [] },
  backups: { tenants: 3, without: 0, overdue: 0, proven: 1, damaged: 0, oldest: null, bytes: 0 },
  clusters: [
    { name: 'main', serverVersion: '18.4', state: 'live', hardened: true, pooler: 'none', databases: 1, homes: 3, tenants: 3, warm: 0 },
  ],
}

test('where all is well, nothing asks for attention', () => {
  expect(attentionOf(WELL)).toEqual([])
})

test('each thing that is wrong is told once, what is worse first, and says what to do', () => {
  const points = attentionOf({
    ...WELL,
    operations: { ...WELL.operations, paused: 1, failed: 2 },
    migrations: { homes: 3, behind: 1, platformsBehind: 0, frozen: 'the sale', unreadable: ['migration tenant/x.sql: no'] },
    backups: { ...WELL.backups, without: 1_200, overdue: 1, damaged: 1 },
    clusters: [{ ...WELL.clusters[0]!, hardened: false, state: 'draining' }],
  })
  expect(points.map(({ says }) => says)).toEqual([
    '1 backup damaged',
    '2 operations failed in the last day',
    '1 cluster without hardened walls: main',
    'Migrations cannot be read: migration tenant/x.sql: no',
    '1 home and 0 databases behind the migrations',
    'Migrations are frozen: the sale',
    '1 operation paused',
    '1 tenant with a backup overdue',
    '1,200 tenants without a backup',
    '1 cluster on the way out or in change: main is draining',
  ])
  expect(points.map(({ tone }) => tone).lastIndexOf('bad')).toBeLessThan(points.map(({ tone }) => tone).indexOf('warn'))
  const led = Object.fromEntries(points.map(({ next, to, search }) => [next, `${to}?${new URLSearchParams(search)}`]))
  expect(led).toMatchObject({
    'Back up these tenants anew, and find out what happened to the archives': '/backups?unverified=true',
    'Look at why, mend that, and retry': '/operations?state=failed&since=24h',
    'Let the doctor say what is missing': '/security?tab=findings',
    'Look at the plan, then migrate': '/migrations?tab=plan',
    'Say by a policy how many backups are kept': '/backups?tab=policies',
  })
  for (const { next } of points) expect(next).toMatch(/^\S.{9,}/)
})

test('tenants are added up by what is asked', () => {
  const data = [
    { state: 'active', isolation: 'shared', tenants: 2 },
    { state: 'active', isolation: 'schema', tenants: 5 },
    { state: 'suspended', isolation: 'shared', tenants: 1 },
  ] as const
  expect(tenantsBy('state', data)).toEqual([
    ['active', 7],
    ['suspended', 1],
  ])
  expect(tenantsBy('isolation', data)).toEqual([
    ['schema', 5],
    ['shared', 3],
  ])
})

test('series of a cluster become one line; a gap stays a gap', () => {
  const one = (cluster: string, kind: string, values: readonly (number | null)[]) => ({
    metric: 'transactions',
    unit: '1/s',
    cluster,
    of: null,
    kind,
    values,
  })
  const series = [one('main', 'commit', [1, null, 3]), one('main', 'rollback', [1, null, null]), one('far', 'commit', [9, 9, 9])]
  expect(sumOf(series, 'transactions', 'main')).toEqual([2, null, 3])
  expect(sumOf(series, 'connections', 'main')).toEqual([])
})
