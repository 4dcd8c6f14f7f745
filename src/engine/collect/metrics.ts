import type { SampleStep } from '../../catalog/samples.js'

/** What samples are of. */
export const SOURCES = ['server', 'databases', 'replicas', 'slots', 'homes', 'pooler', 'pools', 'pooled-databases'] as const
export type Source = (typeof SOURCES)[number]

/** How readings of one time become one value of a longer one, and what is shown of them. */
export type MetricKind =
  /** As it was at the time. */
  | 'state'
  /** Counted by the server: how much more in a second, or in `perS` of them. */
  | 'rate'
  /** Of two counters: how much of what both have gained is the first one's, in percent. */
  | 'share'

export interface Metric {
  readonly name: string
  readonly says: string
  readonly unit: string
  readonly kind: MetricKind
  /** Which sample it stands in. */
  readonly source: Source
  /** Readings by what a series of theirs is called; '' where there is one. */
  readonly of: Readonly<Record<string, string>>
  /** Of a share, the counter that is the rest. */
  readonly rest?: string
  /** Of a rate: in so many seconds. Default 1. */
  readonly perS?: number
  /** The reading that is another one when the server has begun to count anew. */
  readonly reset?: string
  /** Over a longer time the highest is kept, not the mean. */
  readonly most?: true
}

const metrics = (source: Source, list: readonly Omit<Metric, 'source'>[]): readonly Metric[] => list.map((one) => ({ ...one, source }))

const rate = (name: string, says: string, key: string, reset: string, unit = '1/s'): Omit<Metric, 'source'> => ({
  name,
  says,
  unit,
  kind: 'rate',
  of: { '': key },
  reset,
})

const state = (name: string, says: string, unit: string, key: string, most = false): Omit<Metric, 'source'> => ({
  name,
  says,
  unit,
  kind: 'state',
  of: { '': key },
  ...(most ? { most: true as const } : {}),
})

const SERVER = metrics('server', [
  state('up', 'Did the server answer? 1, or 0', '', 'up'),
  {
    name: 'connections',
    says: 'Sessions of clients by what they do; idle ones are mostly those of poolers and pools',
    unit: 'sessions',
    kind: 'state',
    of: {
      active: 'active',
      idle: 'idle',
      'idle in transaction': 'idleInTransaction',
      'idle in transaction (aborted)': 'aborted',
      other: 'other',
      unknown: 'unknown',
    },
  },
  state(
    'connections-max',
    'Sessions of clients that the server has room for, without those that it keeps for superusers',
    'sessions',
    'room',
  ),
  state('waiting', 'Sessions that wait for a lock', 'sessions', 'waiting', true),
  state('oldest-transaction', 'How long the oldest transaction has been open', 's', 'oldest', true),
  state(
    'xid-age',
    'The age of the oldest row that is not frozen: at about 2,000,000,000 the server takes no more writes',
    'transactions',
    'xidAge',
    true,
  ),
  {
    name: 'locks',
    says: 'Locks that are held or waited for, by mode',
    unit: 'locks',
    kind: 'state',
    of: {
      'access share': 'accessShare',
      'row share': 'rowShare',
      'row exclusive': 'rowExclusive',
      'share update exclusive': 'shareUpdateExclusive',
      share: 'share',
      'share row exclusive': 'shareRowExclusive',
      exclusive: 'exclusive',
      'access exclusive': 'accessExclusive',
    },
  },
  {
    name: 'transactions',
    says: 'Transactions that ended, in all databases of the server',
    unit: '1/s',
    kind: 'rate',
    of: { committed: 'commits', 'rolled back': 'rollbacks' },
    reset: 'databasesReset',
  },
  {
    name: 'rows',
    says: 'Rows that were fetched or changed, in all databases of the server',
    unit: '1/s',
    kind: 'rate',
    of: { fetched: 'fetched', inserted: 'inserted', updated: 'updated', deleted: 'deleted' },
    reset: 'databasesReset',
  },
  {
    name: 'cache-hit',
    says: 'Blocks that were found in shared memory, of all that were asked for at that time',
    unit: '%',
    kind: 'share',
    of: { '': 'blocksHit' },
    rest: 'blocksRead',
    reset: 'databasesReset',
  },
  rate('blocks-read', 'Blocks that were not found in shared memory', 'blocksRead', 'databasesReset'),
  rate('temp-bytes', 'What sorts and hashes have written to disk, since they had too little memory', 'tempBytes', 'databasesReset', 'B/s'),
  {
    ...rate('deadlocks', 'Transactions that were ended since they waited for each other', 'deadlocks', 'databasesReset', '1/min'),
    perS: 60,
  },
  rate('sessions', 'Sessions that began', 'sessions', 'databasesReset'),
  { name: 'wal', says: 'WAL that is written', unit: 'B/s', kind: 'rate', of: { '': 'wal' } },
  rate('wal-records', 'Records of WAL', 'walRecords', 'reset'),
  rate('wal-images', 'Whole pages in the WAL, which follow each checkpoint', 'walImages', 'reset'),
  rate('wal-syncs', 'How often WAL is flushed to disk', 'walSyncs', 'reset'),
  {
    name: 'checkpoints',
    says: 'Checkpoints: those that were due, and those that too much WAL, or somebody, has asked for',
    unit: '1/h',
    kind: 'rate',
    of: { timed: 'checkpointsTimed', requested: 'checkpointsRequested' },
    perS: 3_600,
    reset: 'reset',
  },
  rate('checkpoint-buffers', 'Blocks that checkpoints have written', 'checkpointBuffers', 'reset'),
])

const DATABASES = metrics('databases', [
  state('database-connections', 'Sessions in the database', 'sessions', 'backends'),
  {
    name: 'database-transactions',
    says: 'Transactions that ended in the database',
    unit: '1/s',
    kind: 'rate',
    of: { committed: 'commits', 'rolled back': 'rollbacks' },
    reset: 'reset',
  },
  {
    name: 'database-rows',
    says: 'Rows that were fetched or changed in the database',
    unit: '1/s',
    kind: 'rate',
    of: { fetched: 'fetched', inserted: 'inserted', updated: 'updated', deleted: 'deleted' },
    reset: 'reset',
  },
  {
    name: 'database-cache-hit',
    says: 'Blocks of the database that were found in shared memory, of all that were asked for at that time',
    unit: '%',
    kind: 'share',
    of: { '': 'blocksHit' },
    rest: 'blocksRead',
    reset: 'reset',
  },
  rate('database-temp-bytes', 'What sorts and hashes in the database have written to disk', 'tempBytes', 'reset', 'B/s'),
  { ...rate('database-deadlocks', 'Deadlocks in the database', 'deadlocks', 'reset', '1/min'), perS: 60 },
])

const REPLICATION = [
  ...metrics('replicas', [
    state('replica-lag', 'How far behind in time the replica shows data', 's', 'lag', true),
    state('replica-behind', 'WAL that the replica has not replayed yet', 'B', 'behind', true),
  ]),
  ...metrics('slots', [
    state('slot-retained', 'WAL that the server keeps for the slot', 'B', 'retained', true),
    state('slot-active', 'Is somebody using the slot? 1, or 0', '', 'active'),
    state('slot-at-risk', 'Does the slot lack WAL, or will it after the next checkpoint? 1, or 0', '', 'atRisk', true),
  ]),
]

const HOMES = metrics('homes', [
  state('size', 'What all homes of tenants have on disk, as each was measured last', 'B', 'bytes'),
  state('live-rows', 'Rows in all homes', 'rows', 'rows'),
  state('dead-rows', 'Rows in all homes that are gone and still take room, until a vacuum', 'rows', 'dead'),
  state('dead-share', 'Of all rows in homes, those that are gone', '%', 'deadShare'),
])

const through = (name: string, where: string): readonly Omit<Metric, 'source'>[] => [
  { name: `${name}-transactions`, says: `Transactions that went ${where}`, unit: '1/s', kind: 'rate', of: { '': 'transactions' } },
  { name: `${name}-queries`, says: `Statements that went ${where}`, unit: '1/s', kind: 'rate', of: { '': 'queries' } },
  {
    name: `${name}-bytes`,
    says: `What went ${where}: from applications, and to them`,
    unit: 'B/s',
    kind: 'rate',
    of: { received: 'received', sent: 'sent' },
  },
  {
    name: `${name}-waited`,
    says: 'How long applications waited for connections, all of them together, in each second',
    unit: 's/s',
    kind: 'rate',
    of: { '': 'waitS' },
  },
]

const waits = (name: string, what: string): readonly Omit<Metric, 'source'>[] => [
  state(`${name}-clients`, `Connections of applications that have one of the server, in ${what}`, 'connections', 'clientsActive'),
  state(
    `${name}-waiting`,
    `Connections of applications that wait for one of the server, in ${what}`,
    'connections',
    'clientsWaiting',
    true,
  ),
  state(`${name}-max-wait`, `How long the one that has waited longest waits, in ${what}`, 's', 'maxWaitS', true),
  {
    name: `${name}-servers`,
    says: `Connections of the server by what they do, in ${what}; unproven ones are idle`,
    unit: 'connections',
    kind: 'state',
    of: { active: 'serversActive', idle: 'serversIdle', unproven: 'serversUsed', tested: 'serversTested', login: 'serversLogin' },
  },
]

const POOLER = [
  ...metrics('pooler', [
    state('pooler-up', 'Did the pooler answer? 1, or 0', '', 'up'),
    ...waits('pooler', 'all pools'),
    ...through('pooler', 'through the pooler'),
  ]),
  ...metrics('pools', waits('pool', 'the pool of one user and database')),
  ...metrics('pooled-databases', through('pooled-database', 'through the pooler to the database')),
]

/** How far apart samples are at least, in seconds. */
export const STEP_OF: Readonly<Record<Source, SampleStep>> = {
  server: 15,
  databases: 15,
  replicas: 15,
  slots: 15,
  homes: 300,
  pooler: 15,
  pools: 15,
  'pooled-databases': 15,
}

/** All that can be shown over time. Names are never renamed. */
export const METRICS: readonly Metric[] = [...SERVER, ...DATABASES, ...REPLICATION, ...HOMES, ...POOLER]

const keysOf = (wanted: (metric: Metric) => boolean): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  for (const { source, of, rest, ...metric } of METRICS) {
    if (!wanted({ source, of, ...metric })) continue
    const keys = found.get(source) ?? new Set()
    for (const key of [...Object.values(of), ...(rest === undefined ? [] : [rest])]) keys.add(key)
    found.set(source, keys)
  }
  return found
}

const COUNTED = keysOf(({ kind }) => kind !== 'state')
const HIGHEST = keysOf(({ most }) => most === true)
const MEAN = keysOf(({ kind, most }) => kind === 'state' && most !== true)

/** What becomes of a reading over a longer time: its mean, the highest, or the last. */
export function rollOf(source: string, key: string): 'mean' | 'most' | 'last' {
  if (COUNTED.get(source)?.has(key)) return 'last'
  if (HIGHEST.get(source)?.has(key)) return 'most'
  return MEAN.get(source)?.has(key) ? 'mean' : 'last'
}
