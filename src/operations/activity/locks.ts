import { z } from 'zod'
import { lockTree } from '../../engine/activity/lock-tree.js'
import { onServers, type Server, tenantsOfScopes } from '../../engine/activity/servers.js'
import { operation } from '../../engine/operation.js'
import { type Involved, lockWaits, relationNames } from '../../isolation/collect/locks.js'
import { rolePrefix } from '../../isolation/doctor/finding.js'
import { humanDuration } from '../../kernel/durations.js'
import { describeSession, rounded, sessionFields, textInput, textIsFor, unseenField } from './row.js'

const row = z.object({
  ...sessionFields,
  kind: z.string().describe('As PostgreSQL calls it; `prepared transaction` has no session any more'),
  backend: z.string().nullable().describe('Names the session for `activity.stop`; null: it has none any more'),
  depth: z.number().describe('0: it waits for nobody; otherwise below the one for which it waits'),
  behind: z.number().nullable().describe('The number of the session for which it waits on this line'),
  blocks: z.number().describe('How many wait for it directly'),
  lock: z.string().nullable().describe('What it waits for: relation, transactionid, tuple, advisory, …'),
  mode: z.string().nullable().describe('How it wants to have that'),
  table: z.string().nullable().describe('The table that the lock is on, if it is on one'),
  foreign: z
    .boolean()
    .describe(
      'Neither its database nor its login is of the platform: of these only that they are there is told, unless `foreign` is given',
    ),
  waitMs: z.number().nullable(),
  cycle: z.boolean().describe('Each on this ring waits for the next; PostgreSQL ends one of them after deadlock_timeout'),
  again: z.boolean().describe('It waits for several; what is behind it stands where it comes first'),
})
export type LockRow = z.output<typeof row>

export const listLocks = operation({
  kind: 'direct',
  name: 'activity.locks',
  summary: 'Show who waits for whom at this moment, as a tree: those who wait below those who are waited for.',
  effect: 'read',
  input: z.strictObject({
    cluster: z.string().min(1).max(63).optional().describe('Only sessions of this cluster'),
    text: textInput,
    foreign: z.boolean().default(false).describe('Tell of sessions that are none of the platform who they are, and their tables'),
  }),
  output: z.object({ data: z.array(row), unseen: unseenField }),
  faults: ['CLUSTER_NOT_FOUND'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'], stronger: { text: textIsFor, foreign: ['fleet-admin'] } },
  http: 'GET /v1/activity/locks',
  words: {
    says: ({ data, unseen }) => [...(data.length === 0 ? ['nobody waits for anybody'] : data.map(sayLine)), ...unseen].join('\n'),
  },
  async call({ platform }, { cluster, text, foreign: whole }) {
    const { data, unseen } = await onServers(platform, cluster, async (server) => {
      const { eyes, facts } = server
      const all = await eyes.on(facts.adminRef).rows(lockWaits({ prefix: rolePrefix(platform.id), text }))
      const trees = treesOf(lockTree(all)).filter((tree) => tree.some(({ one }) => server.isOurs(one)))
      const involved = trees.flat().map(({ one }) => one)
      const [tenantOf, tableOf] = [await tenantsOfScopes(platform, involved), await tablesOf(server, involved)]
      return trees.flat().map(({ one, depth, behind, blocks, cycle, again }): LockRow => {
        const { startedAt } = one
        const session = describeSession({ ...one, startedAt: startedAt ?? '0' }, server, tenantOf(one.keys))
        const foreign = !server.isOurs(one)
        return {
          ...session,
          ...(startedAt === null ? { backend: null, kind: 'prepared transaction' } : {}),
          ...(foreign && !whole ? UNTOLD : {}),
          ...{
            depth,
            behind,
            blocks,
            lock: one.lockType,
            mode: one.lockMode,
            table: foreign && !whole ? null : tableOf(one),
            foreign,
            waitMs: rounded(one.waitMs),
            cycle,
            again,
          },
        }
      })
    })
    return {
      // Whole trees: whoever is in the way of a cluster may be in the database of another, or nobody of ours.
      data:
        cluster === undefined
          ? [...data]
          : treesOf(data)
              .filter((tree) => tree.some((line) => line.cluster === cluster))
              .flat(),
      unseen: unseen.map((one) => `${one.cluster}: ${one.reason}`),
    }
  },
})

/** Of a session of others on the same server: that it is in the way is all that is ours to tell. */
const UNTOLD = { backend: null, tenant: null, slug: null, database: null, login: null, application: '', text: null }

const treesOf = <T extends { readonly depth: number }>(lines: readonly T[]): readonly (readonly T[])[] => {
  const trees: T[][] = []
  for (const line of lines) {
    if (line.depth === 0) trees.push([line])
    else trees.at(-1)!.push(line)
  }
  return trees
}

/** Tables are known by number within their database: their names are asked there. Where it does not answer, the lines are worth showing without. */
async function tablesOf({ eyes, facts }: Server, involved: readonly Involved[]): Promise<(one: Involved) => string | null> {
  const names = new Map<string, string>()
  const databases = new Map<string, Set<string>>()
  for (const { database, relation } of involved) {
    if (database !== null && relation !== null) databases.set(database, (databases.get(database) ?? new Set()).add(relation))
  }
  await Promise.all(
    [...databases].map(async ([database, relations]) => {
      const found = await eyes
        .on(facts.adminRef, database)
        .rows(relationNames([...relations]))
        .catch(() => [])
      for (const { relation, schema, table } of found) names.set(`${database} ${relation}`, `${schema}.${table}`)
    }),
  )
  return ({ database, relation }) => names.get(`${database} ${relation}`) ?? null
}

function sayLine(line: LockRow): string {
  const { depth, pid, backend, slug, login, kind, state, waitMs, mode, lock, table, blocks, transactionMs, cycle, again, foreign } = line
  const who = `${foreign ? 'foreign ' : ''}${backend ?? `${kind} ${pid}`} ${slug ?? login ?? ''}`.trim()
  const what = mode === null ? state : `waits ${humanDuration(waitMs ?? 0)} for ${mode} on ${table ?? lock}`
  const more = [
    ...(depth === 0 && transactionMs !== null ? [`its transaction runs for ${humanDuration(transactionMs)}`] : []),
    ...(blocks > 0 ? [`${blocks} ${blocks === 1 ? 'waits' : 'wait'} for it`] : []),
    ...(cycle ? ['on a ring'] : []),
    ...(again ? ['see above'] : []),
  ]
  const text = [`${who}: ${what ?? 'its state cannot be seen'}`, ...more].join(', ').replace(/\p{Cc}/gu, ' ')
  return `${'  '.repeat(depth)}${depth === 0 ? '' : '└ '}${line.cluster} ${text}`
}
