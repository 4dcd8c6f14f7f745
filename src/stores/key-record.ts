import { randomBytes } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import { parseStrictJson } from '../kernel/strict-json.js'
import { type ObjectStore, oneChunk, readWhole } from './object-store.js'

/** A wrapped data key, as an object of a store. */
export interface KeyRecord {
  readonly tenant: string
  readonly key: string
  readonly provider: string
  readonly madeAt: string
  readonly wrapped: string
}

/** What is left of a tenant's keys once they were destroyed. */
export interface Tombstone {
  readonly tenant: string
  readonly destroyedAt: string
  readonly keys: readonly { readonly key: string; readonly provider: string; readonly madeAt: string }[]
}

const KEYS = 'keys/'
const TOMBSTONES = 'destroyed/'
// A tenant that is rotated every day for a hundred years.
const LARGEST = 4 * 1_048_576
const UNKNOWN = 'a time that cannot be read'
const KEY_ID = /^(\d{6,12})-[0-9a-f]{16}$/

/** Throws OBJECT_KEY_INVALID: a tenant's id becomes a part of the names of objects. */
function checkTenant(tenant: string): void {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(tenant)) return
  throw fault('OBJECT_KEY_INVALID', { key: tenant.slice(0, 80), reason: 'an id of a tenant has letters, digits, _ and - only' })
}

/** The prefix of a tenant's keys, or of everybody's. */
export function keysPrefix(tenant?: string): string {
  if (tenant === undefined) return KEYS
  checkTenant(tenant)
  return `${KEYS}${tenant}/`
}

export const keyObject = ({ tenant, key }: { readonly tenant: string; readonly key: string }): string => `${keysPrefix(tenant)}${key}`

function tombstoneObject(tenant: string): string {
  checkTenant(tenant)
  return `${TOMBSTONES}${tenant}`
}

export const tombstonesPrefix = (tenant?: string): string => (tenant === undefined ? TOMBSTONES : tombstoneObject(tenant))

export const isKeyId = (key: string): boolean => KEY_ID.test(key)

/** Whose key lies there; undefined for what is none. */
export function keyAt(object: string): { readonly tenant: string; readonly key: string } | undefined {
  const [, tenant, key] = /^keys\/([A-Za-z0-9_-]{1,64})\/([^/]+)$/.exec(object) ?? []
  return tenant === undefined || key === undefined || !isKeyId(key) ? undefined : { tenant, key }
}

// No clock decides which key is the newest: clocks of several machines differ.
const numberOf = (key: string): number => Number(KEY_ID.exec(key)?.[1] ?? 0)

export const newestOf = (keys: readonly string[]): string | undefined =>
  [...keys].sort((a, b) => numberOf(b) - numberOf(a) || (a < b ? 1 : -1))[0]

/** Two that are made at once have one number, and are two keys all the same. */
export const nextKeyId = (keys: readonly string[]): string =>
  `${String(numberOf(newestOf(keys) ?? '') + 1).padStart(6, '0')}-${randomBytes(8).toString('hex')}`

export async function writeRecord(store: ObjectStore, record: KeyRecord): Promise<void> {
  await store.write(keyObject(record), oneChunk(Buffer.from(`${JSON.stringify({ format: 'tenantry data key', version: 1, ...record })}\n`)))
}

export async function writeTombstone(store: ObjectStore, stone: Tombstone): Promise<void> {
  const text = `${JSON.stringify({ format: 'tenantry destroyed keys', version: 1, ...stone })}\n`
  await store.write(tombstoneObject(stone.tenant), oneChunk(Buffer.from(text)))
}

/** Throws OBJECT_MISSING, and KEY_UNAVAILABLE for what is no record of this key. */
export async function readRecord(store: ObjectStore, tenant: string, key: string): Promise<KeyRecord> {
  const unusable = (reason: string) => fault('KEY_UNAVAILABLE', { tenant, key, reason: `what ${store.name} has in its place ${reason}` })
  const found = parseStrictJson((await readWhole(store, keyObject({ tenant, key }), LARGEST)).toString('utf8'), unusable)
  const { provider, madeAt, wrapped } = found
  const right = found.format === 'tenantry data key' && found.version === 1 && found.tenant === tenant && found.key === key
  if (right && typeof provider === 'string' && typeof madeAt === 'string' && typeof wrapped === 'string') {
    return { tenant, key, provider, madeAt, wrapped }
  }
  throw unusable('is another key, or of a newer Tenantry')
}

/** Undefined where there is none. What cannot be read still says that the keys were destroyed: whoever put it there meant that. */
export async function readTombstone(store: ObjectStore, tenant: string): Promise<Tombstone | undefined> {
  const object = tombstoneObject(tenant)
  let found: Readonly<Record<string, unknown>>
  try {
    const text = (await readWhole(store, object, LARGEST)).toString('utf8')
    found = parseStrictJson(text, () => fault('KEY_DESTROYED', { tenant, destroyedAt: UNKNOWN }))
  } catch (error) {
    if (isFault(error, 'OBJECT_MISSING')) return undefined
    if (isFault(error, 'KEY_DESTROYED')) return { tenant, destroyedAt: UNKNOWN, keys: [] }
    throw error
  }
  const keys = (Array.isArray(found.keys) ? found.keys : []) as readonly (Readonly<Record<string, unknown>> | null)[]
  return {
    tenant,
    destroyedAt: typeof found.destroyedAt === 'string' ? found.destroyedAt : UNKNOWN,
    keys: keys.map((one) => ({ key: String(one?.key), provider: String(one?.provider), madeAt: String(one?.madeAt) })),
  }
}
