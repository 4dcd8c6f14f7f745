import { createHash } from 'node:crypto'
import { fault } from '../kernel/faults.js'
import { failureOf, type S3Connection } from './s3-client.js'

interface Target {
  readonly Bucket: string
  readonly Key: string
}

interface Part {
  readonly PartNumber: number
  readonly ETag: string | undefined
}

const MIB = 1_048_576
// S3 takes 10,000 parts: these make 141 GiB. Two of them are in memory at a time.
const MOST_PARTS = 10_000
const SMALL_PARTS = 2_000
const bytesOfPart = (part: number): number => (part <= SMALL_PARTS ? 8 * MIB : 16 * MIB)
const LARGEST = SMALL_PARTS * 8 * MIB + (MOST_PARTS - SMALL_PARTS) * 16 * MIB

/** One put, or as many parts as it takes: one is sent while the next is gathered. What fails is taken back. */
export async function upload(
  { sdk, client }: S3Connection,
  target: Target,
  chunks: AsyncIterable<Uint8Array>,
  store: string,
): Promise<{ readonly bytes: number }> {
  const parts = inParts(chunks)
  const first = await parts.next()
  const head = first.done ? Buffer.alloc(0) : first.value
  if (first.done || head.length < bytesOfPart(1)) {
    await client.send(new sdk.PutObjectCommand({ ...target, Body: head, ContentLength: head.length }))
    return { bytes: head.length }
  }
  let id: string | undefined
  try {
    id = (await client.send(new sdk.CreateMultipartUploadCommand(target))).UploadId
    const of = { ...target, UploadId: id }
    const sent: Part[] = []
    let bytes = 0
    let sending: Promise<Part> | undefined
    for (let body: Buffer | undefined = head; body !== undefined; ) {
      const [PartNumber, Body] = [sent.length + (sending === undefined ? 1 : 2), body]
      if (PartNumber > MOST_PARTS) throw fault('OBJECT_TOO_LARGE', { store, key: target.Key, limit: LARGEST })
      if (sending !== undefined) sent.push(await sending)
      sending = client
        .send(new sdk.UploadPartCommand({ ...of, PartNumber, Body, ContentLength: Body.length }))
        .then(({ ETag }) => ({ PartNumber, ETag }))
      // Awaited later; until then nobody else may call it unhandled.
      sending.catch(() => {})
      bytes += body.length
      const next: IteratorResult<Buffer, void> = await parts.next()
      body = next.done ? undefined : next.value
    }
    if (sending !== undefined) sent.push(await sending)
    await complete({ sdk, client }, of, sent, bytes)
    return { bytes }
  } catch (error) {
    if (id !== undefined) await client.send(new sdk.AbortMultipartUploadCommand({ ...target, UploadId: id })).catch(() => {})
    throw error
  } finally {
    await parts.return()
  }
}

/** An answer may get lost after the work was done: then the upload is unknown, and the object that is there is ours by its tag. */
async function complete(
  { sdk, client }: S3Connection,
  of: Target & { readonly UploadId: string | undefined },
  parts: Part[],
  bytes: number,
) {
  try {
    await client.send(new sdk.CompleteMultipartUploadCommand({ ...of, MultipartUpload: { Parts: parts } }))
  } catch (error) {
    if (failureOf(error) !== 'NoSuchUpload') throw error
    const there = await client.send(new sdk.HeadObjectCommand({ Bucket: of.Bucket, Key: of.Key })).catch(() => undefined)
    if (there?.ContentLength !== bytes || there.ETag?.replaceAll('"', '') !== tagOf(parts)) throw error
  }
}

/** Servers make it of the digests of the parts. */
function tagOf(parts: readonly Part[]): string {
  const digests = parts.map(({ ETag = '' }) => Buffer.from(ETag.replaceAll('"', ''), 'hex'))
  return `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}`
}

/** Gathers chunks into parts of their full size; only the last is smaller. Nothing comes of an empty stream. */
async function* inParts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  let part = 1
  let [room, used] = [Buffer.allocUnsafe(65_536), 0]
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const whole = bytesOfPart(part)
      if (used === room.length) {
        // Most objects are far smaller than a part.
        const larger = Buffer.allocUnsafe(Math.min(whole, room.length * 4))
        room.copy(larger, 0, 0, used)
        room = larger
      }
      const some = chunk.subarray(at, at + room.length - used)
      room.set(some, used)
      used += some.length
      at += some.length
      if (used < whole) continue
      yield room
      part++
      room = Buffer.allocUnsafe(bytesOfPart(part))
      used = 0
    }
  }
  if (used > 0) yield room.subarray(0, used)
}
