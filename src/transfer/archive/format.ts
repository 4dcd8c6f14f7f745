import { fault } from '../../kernel/faults.js'
import type { ObjectStore } from '../../stores/object-store.js'

/** What may stand in the facts of an archive. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

export type Compression = 'gzip' | 'zstd' | 'none'

/** Told after each frame: bytes of content, and the bytes that they take in the store. */
export type OnBytes = (plain: number, stored: number) => void

export interface ArchivePlace {
  readonly store: ObjectStore
  readonly tenant: string
  readonly archive: string
}

export const FORMAT = 'tenantry-archive'
export const FORMAT_VERSION = 1

/** What a reader must know of to read an archive right; whatever may be ignored is no feature. Version 1 has none. */
export const FEATURES: ReadonlySet<string> = new Set()

/** The content of a frame: the most that is held, compressed and authenticated at once. */
export const FRAME_BYTES = 1 << 20

/** Frames of a run, the unit that the manifest knows by place and digest: 16 MiB of content, for readers that fetch in parallel. */
export const RUN_FRAMES = 16

/** The stream number of the manifest's own frames; streams of content count from 0. */
export const MANIFEST_STREAM = -1

/** A manifest of a tenant with thousands of tables and terabytes stays far below. */
export const MANIFEST_BYTES = 64 << 20

const ROOT = 'tenants'

// Ids are UUIDs; what stands for no tenant, such as the platform's own tables, may have a name.
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Can it be the name of a tenant, an archive or a data key? Nothing else from a header that nobody has authenticated may come into a message. */
export const isName = (name: unknown): name is string => typeof name === 'string' && NAME.test(name)

/** Where a tenant's archives, one archive, or one of its objects are. */
export const tenantPrefix = (tenant: string): string => `${ROOT}/${tenant}/`
export const archivePrefix = (tenant: string, archive: string): string => `${tenantPrefix(tenant)}${archive}/`
export const manifestKey = ({ tenant, archive }: ArchivePlace): string => `${archivePrefix(tenant, archive)}manifest`
export const ALL_TENANTS = `${ROOT}/`

/** A writer's segments bear a part of its salt: one that was given up can never write over those of its successor. */
export const segmentName = (number: number, salt: string): string => `segment-${number}-${salt.slice(0, 8)}`

/** Throws ID_INVALID unless both can be a folder of a store. */
export function checkPlace({ tenant, archive }: { readonly tenant: string; readonly archive: string }): void {
  if (!NAME.test(tenant)) throw fault('ID_INVALID', { noun: 'tenant', id: tenant.slice(0, 60) })
  if (!NAME.test(archive)) throw fault('ID_INVALID', { noun: 'archive', id: archive.slice(0, 60) })
}

/** The tenant, archive and object that a key of a store names, or undefined where it names none. */
export function objectOf(key: string): { readonly tenant: string; readonly archive: string; readonly object: string } | undefined {
  const [root, tenant = '', archive = '', object, ...more] = key.split('/')
  if (root !== ROOT || object === undefined || more.length > 0 || !NAME.test(tenant) || !NAME.test(archive)) return undefined
  return { tenant, archive, object }
}
