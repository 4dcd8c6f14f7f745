import { z } from 'zod'
import { recordUnreadable } from '../../catalog/backups.js'
import { insertCertificate, occasionOf } from '../../catalog/certificates.js'
import { placesOf } from '../../engine/backup/places.js'
import { assertIdle } from '../../engine/idle.js'
import { certify, type Signed } from '../../engine/offboarding/certificate.js'
import { type ArchiveCopy, assertUnreadable, copiesOf } from '../../engine/offboarding/copies.js'
import { keyOwner, keyStoreOf } from '../../engine/offboarding/keys.js'
import { openSigner } from '../../engine/offboarding/signer.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { counted } from '../../kernel/counted.js'
import { fault } from '../../kernel/faults.js'
import { copyRow, ownerRef } from './row.js'

const input = z.strictObject({
  tenant: ownerRef,
  reason: plainText(200).describe('Why, and by whose order; kept in the log and in the certificate'),
  alive: z.boolean().default(false).describe('Even though the tenant is not deleted: no archive can ever be made of it again'),
})

interface Memory {
  readonly [key: string]: unknown
  readonly tenant: string
  readonly slug: string
  readonly state: string
  readonly keys?: readonly string[]
  readonly where?: readonly string[]
  /** All of its archives, none of which can be read any more, as was looked up afterwards. */
  readonly copies?: readonly ArchiveCopy[]
  readonly certificate?: Signed
  readonly destroyedAt?: string
}

type Context = StepContext<z.output<typeof input>, Memory>

export const destroyDataKeys = operation({
  kind: 'steps',
  name: 'datakey.destroy',
  summary: 'Destroy the data keys of a tenant in the key store and all its copies: every copy of every archive of it becomes unreadable.',
  effect: 'destroy',
  input,
  output: z.object({
    tenant: z.string(),
    slug: z.string(),
    destroyedAt: z.string(),
    keys: z.array(z.string()),
    where: z.array(z.string()).describe('Where nothing is left of them, as looked up afterwards'),
    copies: z.array(copyRow).describe('Every copy of every archive; each that is whole was tried, and cannot be read'),
  }),
  faults: [
    'KEYS_UNCONFIGURED',
    'KEYS_REMAIN',
    'ARCHIVES_READABLE',
    'TENANT_NOT_FOUND',
    'TENANT_AMBIGUOUS',
    'TENANT_STATE',
    'TENANT_HELD',
    'SECRET_MISSING',
    'SLUG_INVALID',
    'STORE_UNREACHABLE',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/datakeys/destroy',
  words: {
    positionals: ['tenant'],
    says: ({ slug, keys, where, copies, destroyedAt }) =>
      [
        `${counted(keys.length, 'data key')} of ${slug} ${keys.length === 1 ? 'was' : 'were'} destroyed at ${destroyedAt}, in ${where.join(' and ')}`,
        ...copies.map((c) => `${c.archive} in ${c.store}: ${UNREADABLE[c.standing]}`),
        `\`tenantry tenant certificate ${slug} --kind keys\` says so with a signature`,
      ].join('\n'),
    confirm:
      'This destroys the data keys of the tenant: no copy of any archive of it can ever be read again (`tenantry datakey show` lists them)',
  },

  async accept({ tx, platform, fail }, { tenant: ref, alive }): Promise<{ memory: Memory; subject: string }> {
    keyStoreOf(platform)
    const { id, slug, state, heldFor } = await keyOwner(tx, ref, true)
    if (heldFor !== null) throw fail('TENANT_HELD', { tenant: ref, reason: heldFor })
    await assertIdle({ tx, fail }, id, ref)
    if (state !== 'deleted' && state !== 'purged' && !(alive && state !== 'purging'))
      throw fail('TENANT_STATE', { tenant: ref, state, wanted: 'a tenant that was deleted or purged, or --alive' })
    return { subject: id, memory: { tenant: id, slug, state } }
  },

  steps: [
    {
      name: 'inspect',
      async act({ platform, memory }: Context) {
        // Whatever would keep it from being told or proven afterwards is found before.
        await openSigner(platform)
        const copies = await copiesOf(placesOf(platform).all, memory.tenant)
        const clear = copies.filter(({ standing }) => standing === 'clear')
        if (clear.length > 0) {
          const archives = clear.map(({ archive, store }) => `${archive} in ${store}`)
          throw fault('ARCHIVES_READABLE', { tenant: memory.slug, archives })
        }
        return {}
      },
    },
    { name: 'begin', final: true },
    {
      name: 'destroy',
      final: true,
      act: async ({ platform, memory }: Context) => keyStoreOf(platform).destroy(memory.tenant),
    },
    {
      name: 'prove',
      final: true,
      async act({ platform, memory, by }: Context) {
        const copies = await assertUnreadable(placesOf(platform).all, keyStoreOf(platform), { id: memory.tenant, slug: memory.slug })
        return { copies, destroyedAt: (await platform.catalog.one(occasionOf(by.operation))).now.toISOString() }
      },
    },
    {
      name: 'certify',
      final: true,
      async act({ platform, memory, input: { reason }, by }: Context) {
        const { actor, begunAt } = await platform.catalog.one(occasionOf(by.operation))
        const tried = memory.copies!.filter(({ standing }) => standing === 'encrypted')
        const certificate = await certify(platform, {
          tenant: { id: memory.tenant, slug: memory.slug, state: memory.state },
          operation: { id: by.operation, name: 'datakey.destroy', by: actor, begunAt: begunAt.toISOString() },
          endedAt: memory.destroyedAt!,
          facts: {
            reason,
            keysDestroyed: memory.keys!,
            nothingIsLeftIn: memory.where!,
            triedAndUnreadable: tried,
            neverWhole: memory.copies!.filter((one) => !tried.includes(one)),
          },
        })
        return { certificate }
      },
    },
    {
      name: 'record',
      final: true,
      async record({ memory, by }: Context, tx) {
        const { tenant, slug, certificate, destroyedAt } = memory
        await tx.run(recordUnreadable(tenant, destroyedAt!))
        await tx.run(insertCertificate({ operation: by.operation, tenant, slug, kind: 'keys', ...certificate! }))
      },
    },
  ],

  result: async ({ memory: { tenant, slug, destroyedAt, keys, where, copies } }) => ({
    tenant,
    slug,
    destroyedAt: destroyedAt!,
    keys: [...keys!],
    where: [...where!],
    copies: [...copies!],
  }),
})

const UNREADABLE: Readonly<Record<ArchiveCopy['standing'], string>> = {
  encrypted: 'tried, and cannot be read',
  clear: 'appeared meanwhile',
  incomplete: 'was never whole; no reader takes it for an archive',
  damaged: 'its manifest is damaged; what is left of it was not tried',
}
