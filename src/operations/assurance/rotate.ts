import { z } from 'zod'
import { deleteSigningKeysBefore, insertSigningKey, signingKeys } from '../../catalog/assurance.js'
import { newSigningKey } from '../../engine/assurance.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { believedKeys, believeKey, forgetKeysBefore } from '../../isolation/assurance.js'
import { assertFence } from '../../isolation/fence.js'
import { isSigned } from '../../kernel/assurance.js'
import { humanDuration, isDuration, milliseconds } from '../../kernel/durations.js'
import { type Chosen, choose, databaseInput, openedOf } from './database.js'

const input = z.strictObject({
  ...databaseInput,
  retire: z.boolean().default(false).describe('Let the database refuse what the key from before the last rotation has signed'),
  grace: z
    .string()
    .refine(isDuration, 'must be a duration, such as 90s or 5min')
    .default('2min')
    .describe('With retire: how long after the rotation applications may still sign with the old key; their placement TTL at least'),
})

interface Rotation extends Chosen {
  readonly newest: number
}
type Context = StepContext<z.output<typeof input>, Rotation>

/** Applications hear of the new key when they next ask for a placement; one that is refused because of its key asks at once. */
export const rotateSigningKey = operation({
  kind: 'steps',
  name: 'assurance.rotate',
  summary: 'Exchange the key that tokens for a database are signed with, without an outage.',
  effect: 'change',
  input,
  output: z.object({ cluster: z.string(), database: z.string(), keys: z.array(z.number()).describe('Ids of the keys that are believed') }),
  faults: ['DATABASE_UNKNOWN', 'DATABASE_BUSY', 'ASSURANCE_UNAVAILABLE', 'SIGNING_KEYS', 'SERVER_UNREACHABLE'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/assurance/rotate',
  words: {
    positionals: ['cluster', 'database'],
    says: ({ cluster, database, keys }) =>
      keys.length === 1
        ? `${cluster}/${database} believes key ${keys[0]} alone`
        : [
            `${cluster}/${database}: applications sign with key ${keys.at(-1)} from now on; key ${keys[0]} is believed meanwhile`,
            `forget it with \`tenantry assurance rotate ${cluster} ${database} --retire\``,
          ].join('\n'),
  },

  async accept({ tx, fail }, given) {
    const chosen = await choose({ tx, fail }, given)
    const place = `the database ${given.cluster}/${given.database}`
    if (!isSigned(chosen.before)) throw fail('SIGNING_KEYS', { place, state: 'wants no tokens', wanted: '`tenantry assurance set` before' })
    const keys = await tx.rows(signingKeys(chosen.databaseId))
    const newest = keys.at(-1)
    if (newest === undefined) throw fail('SIGNING_KEYS', { place, state: 'has no key', wanted: 'a look with `tenantry doctor`' })
    if (given.retire) {
      if (keys.length < 2) throw fail('SIGNING_KEYS', { place, state: 'has one key only', wanted: 'a rotation before' })
      const left = milliseconds(given.grace) - newest.ageMs
      if (left > 0)
        throw fail('SIGNING_KEYS', {
          place,
          state: `may be shown the old key's tokens for another ${humanDuration(left)}`,
          wanted: 'that time, or another --grace',
        })
    } else if (keys.length > 1)
      throw fail('SIGNING_KEYS', { place, state: 'believes two keys already', wanted: 'the old one retired first, with --retire' })
    return { memory: { ...chosen, newest: newest.id } }
  },

  steps: [
    { name: 'believe', act: addKey },
    { name: 'forget', final: true, act: forgetOldKeys, record: recordForgotten },
  ],

  async result({ platform, input: given, memory }) {
    const keys = await platform.catalog.rows(signingKeys(memory.databaseId))
    return { cluster: given.cluster, database: given.database, keys: keys.map(({ id }) => id) }
  },
})

/** First where it is believed, then where applications learn it. After a crash in between, the one that is there is taken. */
async function addKey({ platform, input: given, memory, by, journal }: Context): Promise<Partial<Rotation>> {
  if (given.retire) return {}
  const id = memory.newest + 1
  const key = await openedOf(platform, memory).transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(believeKey(newSigningKey(id)))
    return (await session.rows(believedKeys)).find((one) => one.id === id)!
  })
  await journal((tx) => tx.run(insertSigningKey(memory.databaseId, key)))
  return {}
}

async function forgetOldKeys({ platform, input: given, memory, by }: Context): Promise<Partial<Rotation>> {
  if (!given.retire) return {}
  await openedOf(platform, memory).transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(forgetKeysBefore(memory.newest))
  })
  return {}
}

async function recordForgotten({ input: given, memory }: Context, tx: Parameters<Parameters<Context['journal']>[0]>[0]): Promise<void> {
  if (given.retire) await tx.run(deleteSigningKeysBefore(memory.databaseId, memory.newest))
}
