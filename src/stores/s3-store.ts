import { systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import type { Secrets } from '../kernel/secrets.js'
import { type ByteRange, checkObjectKey, checkPrefix, checkRange, type ObjectStore, type StoredObject } from './object-store.js'
import type { S3Place } from './place.js'
import { connectS3, failureOf, type S3Connection, s3Fault, statusOf } from './s3-client.js'
import { abortUploads } from './s3-leftovers.js'
import { upload } from './s3-upload.js'

// An answer that breaks off is asked for again from where it broke, so often without a byte in between.
const RESUMES = 4

/** A bucket of S3, or of a server that speaks like it. Nothing is connected yet. */
export function openS3Store(place: S3Place, secrets: Secrets): ObjectStore {
  const { bucket: Bucket, endpoint } = place.s3
  const prefix = place.s3.prefix === undefined ? '' : `${place.s3.prefix}/`
  const name = `the bucket ${Bucket}${prefix === '' ? '' : `/${place.s3.prefix}`}${endpoint === undefined ? '' : ` at ${new URL(endpoint).host}`}`

  let connection: Promise<S3Connection> | undefined
  const connected = (): Promise<S3Connection> => {
    connection ??= connectS3(place, secrets).catch((error: unknown) => {
      connection = undefined
      throw error
    })
    return connection
  }
  /** Every failure of the client becomes a fault, and never has its text. */
  const using = async <T>(key: string, act: (connection: S3Connection) => Promise<T>): Promise<T> => {
    try {
      return await act(await connected())
    } catch (error) {
      throw s3Fault(error, name, key)
    }
  }

  /** From `at` on, of the version that the first answer was of. Undefined where nothing is there from `at` on. */
  const ask = async (key: string, at: number, range: ByteRange | undefined, tag: string | undefined) => {
    const end = range === undefined ? '' : range.from + range.bytes - 1
    const Range = range === undefined && at === 0 ? undefined : `bytes=${at}-${end}`
    try {
      const { sdk, client } = await connected()
      const answer = await client.send(new sdk.GetObjectCommand({ Bucket, Key: `${prefix}${key}`, Range, IfMatch: tag }))
      return { body: answer.Body!, bytes: answer.ContentLength ?? 0, tag: answer.ETag }
    } catch (error) {
      if (statusOf(error) === 416 || failureOf(error) === 'InvalidRange') return undefined
      if (tag !== undefined && (statusOf(error) === 412 || statusOf(error) === 404)) throw fault('OBJECT_CHANGED', { store: name, key })
      throw s3Fault(error, name, key)
    }
  }

  async function* versions(start: string): AsyncGenerator<Version> {
    const { sdk, client } = await connected()
    const ask = (from: VersionMarkers) => client.send(new sdk.ListObjectVersionsCommand({ Bucket, Prefix: `${prefix}${start}`, ...from }))
    for (let from: VersionMarkers | undefined = {}; from !== undefined; ) {
      const page: Awaited<ReturnType<typeof ask>> = await ask(from)
      for (const { Key, VersionId } of page.Versions ?? []) yield { key: Key!.slice(prefix.length), version: VersionId, hides: false }
      for (const { Key, VersionId } of page.DeleteMarkers ?? []) yield { key: Key!.slice(prefix.length), version: VersionId, hides: true }
      from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined
    }
  }

  const remove = (key: string): Promise<void> =>
    using(key, async ({ sdk, client }) => {
      await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: `${prefix}${key}` }))
    })

  const size = (key: string): Promise<number | undefined> =>
    using(key, async ({ sdk, client }) => {
      checkObjectKey(key)
      try {
        return (await client.send(new sdk.HeadObjectCommand({ Bucket, Key: `${prefix}${key}` }))).ContentLength
      } catch (error) {
        if (statusOf(error) === 404) return undefined
        throw error
      }
    })

  async function* list(start: string): AsyncGenerator<StoredObject> {
    let token: string | undefined
    do {
      const page = await using(start, ({ sdk, client }) =>
        client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: `${prefix}${start}`, ContinuationToken: token })),
      )
      for (const { Key, Size } of page.Contents ?? []) yield { key: Key!.slice(prefix.length), bytes: Size ?? 0 }
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  }

  return {
    name,

    write: async (key, chunks) => {
      checkObjectKey(key)
      // What the caller's own stream throws is the caller's, and goes back as it is.
      let theirs: { readonly error: unknown } | undefined
      const watched = async function* () {
        try {
          yield* chunks
        } catch (error) {
          theirs = { error }
          throw error
        }
      }
      try {
        return await upload(await connected(), { Bucket, Key: `${prefix}${key}` }, watched(), name)
      } catch (error) {
        throw theirs === undefined ? s3Fault(error, name, key) : theirs.error
      }
    },

    read: async function* (key, range) {
      checkObjectKey(key)
      checkRange(range)
      const start = range?.from ?? 0
      if (range?.bytes === 0) {
        // There is no range of nothing; but what is missing is told all the same.
        if ((await size(key)) === undefined) throw fault('OBJECT_MISSING', { store: name, key })
        return
      }
      let [at, end, tag] = [start, Number.POSITIVE_INFINITY, undefined as string | undefined]
      for (let left = RESUMES; at < end; ) {
        const answer = await ask(key, at, range, tag)
        if (answer === undefined) return
        if (end === Number.POSITIVE_INFINITY) end = at + answer.bytes
        tag = answer.tag
        try {
          for await (const chunk of answer.body) {
            left = RESUMES
            at += chunk.length
            yield chunk
          }
          if (at < end) throw fault('OBJECT_CHANGED', { store: name, key })
        } catch (error) {
          if (left-- === 0) throw s3Fault(error, name, key)
        } finally {
          answer.body.destroy()
        }
      }
    },

    size,

    list: async function* (start) {
      checkPrefix(start)
      yield* list(start)
    },

    remove: async (key) => {
      checkObjectKey(key)
      await remove(key)
    },

    erase: async (key) => {
      checkObjectKey(key)
      await using(key, async ({ sdk, client }) => {
        try {
          const found: (string | undefined)[] = []
          // First all of them: servers page badly over what is removed meanwhile.
          for await (const one of versions(key)) if (one.key === key) found.push(one.version)
          for (const VersionId of found) await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: `${prefix}${key}`, VersionId }))
        } catch (error) {
          if (!isUnknown(error)) throw error
          await remove(key)
        }
      })
    },

    remains: async function* (start) {
      checkPrefix(start)
      try {
        for await (const one of versions(start)) if (!one.hides) yield one.key
      } catch (error) {
        if (!isUnknown(error)) throw s3Fault(error, name, start)
        for await (const { key } of list(start)) yield key
      }
    },

    clearLeftovers: (idleMs) => using('', (connection) => abortUploads(connection, { Bucket, prefix, before: systemClock.now() - idleMs })),
  }
}

interface Version {
  readonly key: string
  readonly version: string | undefined
  /** A mark that the object was removed, instead of what it was. */
  readonly hides: boolean
}

interface VersionMarkers {
  readonly KeyMarker?: string | undefined
  readonly VersionIdMarker?: string | undefined
}

/** Servers without versions do not know the question. */
const isUnknown = (error: unknown): boolean =>
  statusOf(error) === 501 || statusOf(error) === 405 || failureOf(error) === 'NotImplemented' || failureOf(error) === 'MethodNotAllowed'
