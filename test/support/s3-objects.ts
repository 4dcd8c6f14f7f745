import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { refuse } from './s3-signature.js'

export interface Version {
  readonly id: string
  readonly body: Buffer
  readonly etag: string
  readonly modified: Date
  readonly metadata: Readonly<Record<string, string>>
  /** A mark that the object was removed. */
  readonly removed: boolean
}

interface Upload {
  readonly key: string
  readonly metadata: Readonly<Record<string, string>>
  readonly begun: Date
  readonly parts: Map<number, { readonly body: Buffer; readonly etag: string; readonly at: Date }>
}

const LEAST_PART = 5 * 1_048_576
const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest()

/** A bucket in memory, with S3's rules. */
export function createBucket(versioned: boolean) {
  const objects = new Map<string, readonly Version[]>()
  const uploads = new Map<string, Upload>()
  let count = 0

  const store = (key: string, found: Omit<Version, 'id' | 'modified'>): Version => {
    const version = { ...found, id: versioned ? `v${String(++count).padStart(6, '0')}` : 'null', modified: new Date() }
    objects.set(key, versioned ? [...(objects.get(key) ?? []), version] : [version])
    return version
  }
  const newest = (key: string): Version | undefined => {
    const version = objects.get(key)?.at(-1)
    return version === undefined || version.removed ? undefined : version
  }
  const uploadOf = (id: string, key: string): Upload => {
    const upload = uploads.get(id)
    if (upload === undefined || upload.key !== key) throw refuse(404, 'NoSuchUpload')
    return upload
  }

  return {
    uploads,
    newest,
    keys: (): readonly string[] =>
      [...objects.keys()].filter((key) => newest(key) !== undefined).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    versions: (): readonly (readonly [key: string, version: Version])[] =>
      [...objects].flatMap(([key, all]) => all.map((version) => [key, version] as const)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    put: (key: string, body: Buffer, metadata: Readonly<Record<string, string>> = {}): Version =>
      store(key, { body, metadata, etag: `"${md5(body).toString('hex')}"`, removed: false }),
    remove: (key: string, versionId?: string): void => {
      if (versionId !== undefined) {
        const left = (objects.get(key) ?? []).filter(({ id }) => id !== versionId)
        if (left.length === 0) objects.delete(key)
        else objects.set(key, left)
      } else if (!versioned) objects.delete(key)
      else store(key, { body: Buffer.alloc(0), metadata: {}, etag: '', removed: true })
    },
    begin: (key: string, metadata: Readonly<Record<string, string>>): string => {
      const id = `upload-${++count}`
      uploads.set(id, { key, metadata, begun: new Date(), parts: new Map() })
      return id
    },
    part: (id: string, key: string, number: number, body: Buffer): string => {
      if (!(number >= 1 && number <= 10_000)) throw refuse(400, 'InvalidArgument')
      const etag = `"${md5(body).toString('hex')}"`
      uploadOf(id, key).parts.set(number, { body, etag, at: new Date() })
      return etag
    },
    parts: (id: string, key: string) => [...uploadOf(id, key).parts].sort(([a], [b]) => a - b),
    complete: (id: string, key: string, wanted: readonly { readonly number: number; readonly etag: string }[]): Version => {
      const upload = uploadOf(id, key)
      const bodies = wanted.map(({ number, etag }, index) => {
        const part = upload.parts.get(number)
        if (part === undefined || part.etag.replaceAll('"', '') !== etag.replaceAll('"', '')) throw refuse(400, 'InvalidPart')
        if (index > 0 && wanted[index - 1]!.number >= number) throw refuse(400, 'InvalidPartOrder')
        if (index < wanted.length - 1 && part.body.length < LEAST_PART) throw refuse(400, 'EntityTooSmall')
        return part.body
      })
      if (bodies.length === 0) throw refuse(400, 'MalformedXML')
      uploads.delete(id)
      const etag = `"${md5(Buffer.concat(bodies.map(md5))).toString('hex')}-${bodies.length}"`
      return store(key, { body: Buffer.concat(bodies), metadata: upload.metadata, etag, removed: false })
    },
    abort: (id: string, key: string): void => {
      uploadOf(id, key)
      uploads.delete(id)
    },
  }
}

export type Bucket = ReturnType<typeof createBucket>

/** Throws BadDigest where a client has said another digest than that of what has arrived. */
export function checkDigests(body: Buffer, said: Readonly<Record<string, string | undefined>>): void {
  const digests: Readonly<Record<string, () => string>> = {
    'content-md5': () => md5(body).toString('base64'),
    'x-amz-checksum-crc32': () => {
      const crc = Buffer.alloc(4)
      crc.writeUInt32BE(crc32(body))
      return crc.toString('base64')
    },
    'x-amz-checksum-sha256': () => createHash('sha256').update(body).digest('base64'),
  }
  for (const [name, digest] of Object.entries(digests))
    if (said[name] !== undefined && said[name] !== digest()) throw refuse(400, 'BadDigest')
}
