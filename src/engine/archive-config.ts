import { resolve } from 'node:path'
import { z } from 'zod'
import type { KeyProvider } from '../kernel/key-provider.js'
import { isAllowedUnverified, isLoopback, type Transport } from '../postgres/transport.js'
import type { ArchivePlaces, KeysPlace, ProviderPlace, StorePlace } from '../stores/place.js'

const reference = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'must be a reference: env:NAME or file:path')

const s3 = z
  .strictObject({
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket: 3 to 63 of a-z 0-9 . -'),
    prefix: z
      .string()
      .max(100)
      .regex(
        /^[A-Za-z0-9_=-][A-Za-z0-9._=-]*(\/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*$/,
        'must be like platform/archives, with no slash around it',
      )
      .optional(),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'must be a region such as eu-central-1')
      .optional(),
    endpoint: z
      .string()
      .refine((text) => endpointOf(text) !== undefined, 'must be like https://s3.example.com:9000, with nothing behind it')
      .optional(),
    pathStyle: z.boolean().optional(),
    accessKey: reference.optional(),
    secretKey: reference.optional(),
    sessionToken: reference.optional(),
  })
  .refine((s3) => (s3.accessKey === undefined) === (s3.secretKey === undefined), 'accessKey and secretKey go together')
  .refine((s3) => s3.sessionToken === undefined || s3.accessKey !== undefined, 'a sessionToken needs accessKey and secretKey')

const folder = z.strictObject({ folder: z.string().regex(/^[^\p{Cc}]+$/u, 'must be a path') })
const store = z.union([folder, z.strictObject({ s3 })], {
  error: (issue) => deeper(issue, 'must be a place: { folder: … } or { s3: { bucket: … } }'),
})

const age = z.strictObject({
  recipients: z.array(z.string().regex(/^age1[a-z0-9]{50,4000}$/, 'must be an age recipient (age1…)')).min(1),
  identity: reference.optional(),
})
const own = z.custom<KeyProvider>(isProvider, 'must have a name in lower case, wrap and unwrap, and not the name of one of ours')
const provider = z.union([z.strictObject({ secrets: z.array(reference).min(1) }), z.strictObject({ age }), z.strictObject({ own })], {
  error: (issue) => deeper(issue, "must be { secrets: ['env:…'] }, { age: { recipients: ['age1…'] } } or { own: a KeyProvider }"),
})

const keys = z.strictObject({
  provider,
  former: z.array(provider).default([]),
  store,
  copies: z.array(store).default([]),
})

export const archivesSchema = z.strictObject({
  store: store.default({ folder: 'archives' }),
  copies: z.array(store).default([]),
  keys: keys.optional(),
  compression: z.enum(['gzip', 'zstd', 'none']).default('gzip'),
  certificateKey: reference.optional(),
})

/** What there may be at a place in `archives`, for those who have mistyped. */
export function archiveFieldsOf(place: string): readonly string[] {
  if (place === 'archives') return Object.keys(archivesSchema.shape)
  if (place === 'archives.keys') return Object.keys(keys.shape)
  return /^archives\..*\.s3$/.test(place) ? Object.keys(s3.shape) : []
}

/** Where the configuration is a program, it may bring a provider along. */
function isProvider(found: unknown): boolean {
  const { name, wrap, unwrap } = (found ?? {}) as Partial<KeyProvider>
  const isName = typeof name === 'string' && /^[a-z][a-z0-9-]{0,38}$/.test(name) && name !== 'secrets' && name !== 'age'
  return isName && typeof wrap === 'function' && typeof unwrap === 'function'
}

/** A union says only that nothing fits; what is wrong with the one that was meant helps more. */
function deeper(issue: z.core.$ZodRawIssue, otherwise: string): string {
  const [fields, ...others] =
    issue.code === 'invalid_union' ? issue.errors.filter((errors) => !errors.some((error) => error.path.length === 0)) : []
  const first = others.length === 0 ? fields?.[0] : undefined
  return first === undefined ? otherwise : `${first.path.join('.')} ${first.message}`
}

function endpointOf(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const plain = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  return plain && url.pathname === '/' && !text.includes('@') ? url : undefined
}

type Given = z.output<typeof archivesSchema>
type GivenPlace = z.output<typeof store>

/** Frozen, with absolute folders. */
export function readArchives(given: Given, folder: string): ArchivePlaces {
  const place = (one: GivenPlace): StorePlace =>
    Object.freeze('folder' in one ? { folder: resolve(folder, one.folder) } : { s3: Object.freeze({ ...one.s3 }) })
  const places = (all: readonly GivenPlace[]): readonly StorePlace[] => Object.freeze(all.map(place))
  const readKeys = ({ provider, former, store, copies }: z.output<typeof keys>): KeysPlace =>
    Object.freeze({
      provider: Object.freeze(provider) as ProviderPlace,
      former: Object.freeze(former) as readonly ProviderPlace[],
      store: place(store),
      copies: places(copies),
    })
  return Object.freeze({
    store: place(given.store),
    copies: places(given.copies),
    keys: given.keys === undefined ? undefined : readKeys(given.keys),
    compression: given.compression,
    certificateKey: given.certificateKey,
  })
}

/** What no single field can say. */
export function archiveIssues({ store, copies, keys }: ArchivePlaces, transport: Transport): readonly string[] {
  const named: readonly (readonly [string, StorePlace])[] = [
    ['archives.store', store],
    ...copies.map((one, index) => [`archives.copies.${index}`, one] as const),
    ...(keys === undefined ? [] : [['archives.keys.store', keys.store] as const]),
    ...(keys?.copies ?? []).map((one, index) => [`archives.keys.copies.${index}`, one] as const),
  ]
  return [
    ...named.flatMap(([field, one]) => (isInTheClear(one, transport) ? [`${field}: ${IN_THE_CLEAR}`] : [])),
    ...named.flatMap(([field, one], index) => {
      const other = named.slice(0, index).find(([, before]) => overlap(before, one))
      return other === undefined ? [] : [`${field}: is the same place as ${other[0]}, or one lies in the other`]
    }),
  ]
}

const IN_THE_CLEAR = 'http:// is for this machine, and for hosts in unverifiedHosts; others need https://'

function isInTheClear(place: StorePlace, transport: Transport): boolean {
  const endpoint = 's3' in place ? place.s3.endpoint : undefined
  if (endpoint === undefined) return false
  const { protocol, hostname } = new URL(endpoint)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return protocol === 'http:' && !isLoopback(host) && !isAllowedUnverified(host, transport)
}

/** Copies in one place are none; and keys beside what they open protect nothing. */
function overlap(a: StorePlace, b: StorePlace): boolean {
  const [one, other] = [a, b].map((place) => {
    if ('folder' in place) return `folder ${place.folder}/`.replace(/\/+$/, '/')
    const { endpoint = '', bucket, prefix } = place.s3
    return `s3 ${endpoint === '' ? '' : new URL(endpoint).host} ${bucket} /${prefix === undefined ? '' : `${prefix}/`}`
  }) as [string, string]
  return one.startsWith(other) || other.startsWith(one)
}
