import type { IncomingMessage } from 'node:http'
import type { Bucket } from './s3-objects.js'
import { refuse } from './s3-signature.js'

export interface S3Request {
  readonly method: string
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Of what HEAD says. */
  readonly length?: number
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
const plain = (text: string): string =>
  text.replace(/&(lt|gt|quot|#34);/g, (_, name: string) => ({ lt: '<', gt: '>' })[name] ?? '"').replaceAll('&amp;', '&')

/** An element of elements. */
const tag = (name: string, ...content: readonly string[]): string => `<${name}>${content.join('')}</${name}>`
/** One with a text in it. */
const leaf = (name: string, content: string | number | boolean): string => tag(name, escaped(String(content)))

const xml = (root: string, ...content: readonly string[]): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content.join('')}</${root}>`,
  ),
})
const empty = (status = 204, headers: Readonly<Record<string, string>> = {}): Answer => ({ status, headers, body: Buffer.alloc(0) })

export const answerOfAll = (names: readonly string[]): Answer =>
  xml(
    'ListAllMyBucketsResult',
    tag('Owner', leaf('ID', 'x')),
    tag('Buckets', ...names.map((name) => tag('Bucket', leaf('Name', name), leaf('CreationDate', '2026-01-01T00:00:00.000Z')))),
  )

export function answerOfBucket({ method, query, body }: S3Request, bucket: Bucket, page: number): Answer {
  if (method === 'HEAD' || method === 'PUT') return empty(200)
  if (method === 'POST' && query.has('delete')) {
    const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => plain(key!))
    for (const key of keys) bucket.remove(key)
    return xml('DeleteResult', ...keys.map((key) => tag('Deleted', leaf('Key', key))))
  }
  if (method !== 'GET') throw refuse(405, 'MethodNotAllowed')
  if (query.has('location')) return xml('LocationConstraint')
  if (query.has('versioning')) return xml('VersioningConfiguration')
  const prefix = query.get('prefix') ?? ''
  if (query.has('uploads')) return uploadsOf(query, bucket, prefix, page)
  return query.has('versions') ? versionsOf(query, bucket, prefix, page) : listOf(query, bucket, prefix, page)
}

function uploadsOf(query: URLSearchParams, bucket: Bucket, prefix: string, page: number): Answer {
  const found = [...bucket.uploads].filter(([, { key }]) => key.startsWith(prefix))
  const after = found.findIndex(([id]) => id === query.get('upload-id-marker')) + 1
  const some = found.slice(after, after + page)
  const more = after + page < found.length
  return xml(
    'ListMultipartUploadsResult',
    leaf('IsTruncated', more),
    ...(more ? [leaf('NextKeyMarker', some.at(-1)![1].key), leaf('NextUploadIdMarker', some.at(-1)![0])] : []),
    ...some.map(([id, { key, begun }]) => tag('Upload', leaf('Key', key), leaf('UploadId', id), leaf('Initiated', begun.toISOString()))),
  )
}

function versionsOf(query: URLSearchParams, bucket: Bucket, prefix: string, page: number): Answer {
  const found = bucket.versions().filter(([key]) => key.startsWith(prefix))
  const isLast = (key: string, id: string): boolean => key === query.get('key-marker') && id === query.get('version-id-marker')
  // What was the last of a page may have been removed since: then the next is the first beyond it.
  const exact = found.findIndex(([key, { id }]) => isLast(key, id)) + 1
  const beyond = found.filter(([key]) => key <= (query.get('key-marker') ?? '')).length
  const after = exact > 0 ? exact : query.has('key-marker') ? beyond : 0
  const some = found.slice(after, after + page)
  const more = after + page < found.length
  return xml(
    'ListVersionsResult',
    leaf('IsTruncated', more),
    ...(more ? [leaf('NextKeyMarker', some.at(-1)![0]), leaf('NextVersionIdMarker', some.at(-1)![1].id)] : []),
    ...some.map(([key, one]) =>
      tag(one.removed ? 'DeleteMarker' : 'Version', leaf('Key', key), leaf('VersionId', one.id), leaf('Size', one.body.length)),
    ),
  )
}

/** Both forms: by marker, and by a continuation token that says nothing to others. */
function listOf(query: URLSearchParams, bucket: Bucket, prefix: string, page: number): Answer {
  const second = query.get('list-type') === '2'
  const token = query.get('continuation-token')
  const start = token !== null ? Buffer.from(token, 'base64url').toString() : (query.get(second ? 'start-after' : 'marker') ?? '')
  const delimiter = query.get('delimiter') ?? ''
  const most = Math.min(page, Number(query.get('max-keys') ?? page))
  const folderOf = (key: string): string | undefined => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    return end < 0 ? undefined : key.slice(0, end + delimiter.length)
  }
  const entries = new Map<string, string>()
  for (const key of bucket.keys()) {
    const folder = folderOf(key)
    if (!key.startsWith(prefix) || key <= start || (folder !== undefined && folder <= start)) continue
    const { modified, etag, body } = bucket.newest(key)!
    const facts = [
      leaf('LastModified', modified.toISOString()),
      leaf('ETag', etag),
      leaf('Size', body.length),
      leaf('StorageClass', 'STANDARD'),
    ]
    entries.set(
      folder ?? key,
      folder === undefined ? tag('Contents', leaf('Key', key), ...facts) : tag('CommonPrefixes', leaf('Prefix', folder)),
    )
  }
  const some = [...entries].slice(0, most)
  const last = some.at(-1)?.[0] ?? ''
  const more = entries.size > some.length
  const next = second ? leaf('NextContinuationToken', Buffer.from(last).toString('base64url')) : leaf('NextMarker', last)
  return xml(
    'ListBucketResult',
    leaf('Prefix', prefix),
    leaf('KeyCount', some.length),
    leaf('MaxKeys', most),
    leaf('IsTruncated', more),
    more ? next : '',
    ...some.map(([, text]) => text),
  )
}

export function answerOfObject(
  { method, key, query, headers, body }: S3Request,
  bucket: Bucket,
  buckets: ReadonlyMap<string, Bucket>,
): Answer {
  const id = query.get('uploadId')
  const metadata = Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-') || name === 'content-type'),
  ) as Record<string, string>
  if (method === 'POST' && query.has('uploads')) {
    return xml('InitiateMultipartUploadResult', leaf('Key', key), leaf('UploadId', bucket.begin(key, metadata)))
  }
  if (method === 'POST' && id !== null) {
    const wanted = [...body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => ({
      number: Number(/<PartNumber>(\d+)</.exec(part!)?.[1]),
      etag: plain(/<ETag>([^<]*)</.exec(part!)?.[1] ?? ''),
    }))
    const { etag } = bucket.complete(id, key, wanted)
    return xml('CompleteMultipartUploadResult', leaf('Key', key), leaf('ETag', etag))
  }
  if (method === 'PUT' && id !== null) return empty(200, { etag: bucket.part(id, key, Number(query.get('partNumber')), body) })
  if (method === 'DELETE' && id !== null) {
    bucket.abort(id, key)
    return empty()
  }
  if (method === 'GET' && id !== null) {
    const parts = bucket.parts(id, key)
    return xml(
      'ListPartsResult',
      ...parts.map(([number, { body, etag, at }]) =>
        tag('Part', leaf('PartNumber', number), leaf('LastModified', at.toISOString()), leaf('ETag', etag), leaf('Size', body.length)),
      ),
      leaf('IsTruncated', false),
    )
  }
  if (method === 'DELETE') {
    bucket.remove(key, query.get('versionId') ?? undefined)
    return empty()
  }
  if (method === 'PUT') {
    if (headers['if-none-match'] === '*' && bucket.newest(key) !== undefined) throw refuse(412, 'PreconditionFailed')
    const source = headers['x-amz-copy-source']
    if (source === undefined) return empty(200, { etag: bucket.put(key, body, metadata).etag })
    const [, from = '', name = ''] = /^\/?([^/]+)\/(.*)$/.exec(decodeURIComponent(String(source))) ?? []
    const found = buckets.get(from)?.newest(name)
    if (found === undefined) throw refuse(404, 'NoSuchKey')
    const copy = bucket.put(key, found.body, headers['x-amz-metadata-directive'] === 'REPLACE' ? metadata : found.metadata)
    return xml('CopyObjectResult', leaf('LastModified', copy.modified.toISOString()), leaf('ETag', copy.etag))
  }
  if (method !== 'GET' && method !== 'HEAD') throw refuse(405, 'MethodNotAllowed')
  return contentOf(method, key, headers, bucket)
}

function contentOf(method: string, key: string, headers: IncomingMessage['headers'], bucket: Bucket): Answer {
  const found = bucket.newest(key)
  if (found === undefined) throw refuse(404, method === 'HEAD' ? 'NotFound' : 'NoSuchKey')
  if (headers['if-match'] !== undefined && headers['if-match'] !== found.etag) throw refuse(412, 'PreconditionFailed')
  const facts = { ...found.metadata, etag: found.etag, 'last-modified': found.modified.toUTCString(), 'accept-ranges': 'bytes' }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
  if (from === undefined) return { status: 200, headers: facts, body: found.body, length: found.body.length }
  if (Number(from) >= found.body.length) throw refuse(416, 'InvalidRange')
  const end = Math.min(found.body.length - 1, to === '' ? found.body.length : Number(to))
  const range = { 'content-range': `bytes ${from}-${end}/${found.body.length}` }
  return { status: 206, headers: { ...facts, ...range }, body: found.body.subarray(Number(from), end + 1) }
}
