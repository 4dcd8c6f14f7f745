import { z } from 'zod'
import { assertIdle } from '../../engine/idle.js'
import { keyOwner, keyStoreOf } from '../../engine/offboarding/keys.js'
import { operation, type StepContext } from '../../engine/operation.js'
import type { KeyStore } from '../../stores/key-store.js'

const input = z.strictObject({ tenant: z.string().min(2).max(39).describe('Tenant id or slug') })

interface Memory {
  readonly [key: string]: unknown
  readonly tenant: string
  readonly slug: string
  /** Those that there were before. */
  readonly before?: readonly string[]
  readonly key?: string
}

type Context = StepContext<z.output<typeof input>, Memory>

export const rotateDataKey = operation({
  kind: 'steps',
  name: 'datakey.rotate',
  summary: 'Give a tenant a new data key for its next archives. Those that there are stay readable, and are not rewritten.',
  effect: 'change',
  input,
  output: z.object({ tenant: z.string(), slug: z.string(), key: z.string() }),
  faults: [
    'KEYS_UNCONFIGURED',
    'TENANT_NOT_FOUND',
    'TENANT_AMBIGUOUS',
    'TENANT_STATE',
    'SLUG_INVALID',
    'KEY_DESTROYED',
    'STORE_UNREACHABLE',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/datakeys/rotate',
  words: { positionals: ['tenant'], says: ({ slug, key }) => `the next archives of ${slug} are written with the data key ${key}` },

  async accept({ tx, platform, fail }, { tenant: ref }): Promise<{ memory: Memory; subject: string }> {
    keyStoreOf(platform)
    const { id, slug, state } = await keyOwner(tx, ref, true)
    if (state === 'purging' || state === 'purged')
      throw fail('TENANT_STATE', { tenant: ref, state, wanted: 'a tenant that can have archives made of it' })
    await assertIdle({ tx, fail }, id, ref)
    return { subject: id, memory: { tenant: id, slug } }
  },

  steps: [
    { name: 'look', act: async ({ platform, memory }: Context) => ({ before: await idsOf(keyStoreOf(platform), memory.tenant) }) },
    {
      name: 'rotate',
      async act({ platform, memory }: Context) {
        const keys = keyStoreOf(platform)
        // Made by a worker that died before it could say so.
        const made = (await idsOf(keys, memory.tenant)).find((id) => !memory.before!.includes(id))
        return { key: made ?? (await keys.rotate(memory.tenant)).id }
      },
    },
  ],

  result: async ({ memory }) => ({ tenant: memory.tenant, slug: memory.slug, key: memory.key! }),
})

async function idsOf(keys: KeyStore, tenant: string): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { key } of keys.list(tenant)) ids.push(key)
  return ids
}
