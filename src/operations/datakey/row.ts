import { z } from 'zod'
import type { KeyFacts } from '../../stores/key-store.js'

export const keyRow = z.object({
  tenant: z.string().describe('Its id, or the name of what the platform itself signs or keeps with it'),
  key: z.string(),
  provider: z.string().describe('What has wrapped it'),
  madeAt: z.string(),
  destroyedAt: z.string().nullable(),
})

export const describeKey = ({ tenant, key, provider, madeAt, destroyedAt }: KeyFacts): z.output<typeof keyRow> => ({
  tenant,
  key,
  provider,
  madeAt,
  destroyedAt: destroyedAt ?? null,
})

export const copyRow = z.object({
  archive: z.string(),
  store: z.string(),
  bytes: z.number(),
  key: z.string().nullable().describe('The data key that it was written with'),
  standing: z
    .enum(['encrypted', 'clear', 'incomplete', 'damaged'])
    .describe('clear: no key protects it; incomplete: without a manifest; damaged: the manifest is not whole'),
})

/** A tenant that is there, or was purged. */
export const ownerRef = z.string().min(2).max(39).describe('Tenant id or slug, also of one that was purged')
