import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { secretsFrom } from '../../src/kernel/secrets.js'
import { openKeyStore } from '../../src/stores/key-store.js'
import type { ObjectStore } from '../../src/stores/object-store.js'
import { openStore } from '../../src/stores/open-store.js'
import { secretsProvider } from '../../src/stores/secrets-provider.js'
import { type S3Double, startS3 } from '../support/s3-double.js'
import { all, bytesFrom, digestOf, fails, keysOf, objectStoreContract, put, textOf } from './object-store-contract.js'

const MASTER = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(String(process.pid)))).toString('hex')

interface Made {
  readonly double: S3Double
  readonly store: ObjectStore
}

async function make(
  options: { readonly versioned?: boolean; readonly page?: number; readonly prefix?: string; readonly env?: Record<string, string> } = {},
): Promise<Made> {
  const double = await startS3({ buckets: ['kept'], versioned: options.versioned ?? false, page: options.page ?? 1_000 })
  onTestFinished(double.close)
  const secrets = secretsFrom({ ACCESS: double.accessKey, SECRET: double.secretKey, ...options.env }, '/')
  const prefix = 'prefix' in options ? options.prefix : 'platform/archives'
  const place = { bucket: 'kept', prefix, endpoint: double.endpoint, accessKey: 'env:ACCESS', secretKey: 'env:SECRET' }
  return { double, store: openStore({ s3: place }, secrets) }
}

objectStoreContract('S3', async () => (await make({ page: 3 })).store)

describe('S3 as a store', () => {
  test('a large object goes in parts, a small one at once, and both under the prefix', async () => {
    const { double, store } = await make()
    await put(store, 'small', 'x')
    await store.write('exact', bytesFrom('e', 2 * 8_388_608))
    await store.write('large', bytesFrom('l', 17_000_000))
    const asked = double.requests.map(({ method, key, query }) =>
      `${method} ${key.split('/').at(-1)} ${query.get('partNumber') ?? ''}`.trim(),
    )
    expect(asked).toEqual([
      'PUT small',
      'POST exact',
      'PUT exact 1',
      'PUT exact 2',
      'POST exact',
      'POST large',
      'PUT large 1',
      'PUT large 2',
      'PUT large 3',
      'POST large',
    ])
    expect(double.bucket('kept').keys()).toEqual(['platform/archives/exact', 'platform/archives/large', 'platform/archives/small'])
    expect(store.name).toBe(`the bucket kept/platform/archives at ${new URL(double.endpoint).host}`)
    expect(await digestOf(store.read('exact'))).toBe(await digestOf(bytesFrom('e', 2 * 8_388_608)))
  })

  test('busy servers and connections that break are asked again', async () => {
    const { double, store } = await make()
    const often = new Map<string, number>()
    double.trouble = ({ method, key, query }) => {
      const name = `${method} ${key} ${query}`
      const seen = (often.get(name) ?? 0) + 1
      often.set(name, seen)
      return seen === 1 ? { status: 500, code: 'InternalError' } : seen === 2 ? 'cut' : undefined
    }
    await store.write('large', bytesFrom('l', 9_000_000))
    expect(await digestOf(store.read('large'))).toBe(await digestOf(bytesFrom('l', 9_000_000)))
    expect([await store.size('large'), await keysOf(store)]).toEqual([9_000_000, ['large']])
    expect(double.bucket('kept').uploads.size).toBe(0)
  })

  test('an answer that breaks off is read on from there, of the same version only', async () => {
    const { double, store } = await make()
    await store.write('large', bytesFrom('l', 3_000_000))
    double.requests.length = 0
    double.trouble = ({ method }) => (method === 'GET' ? { cutAfter: 1_000_000 } : undefined)
    expect(await digestOf(store.read('large'))).toBe(await digestOf(bytesFrom('l', 3_000_000)))
    const ranges = double.requests.map(({ headers }) => headers.range)
    expect([ranges[0], ranges.length]).toEqual([undefined, 3])
    const reader = store.read('large')[Symbol.asyncIterator]()
    await reader.next()
    await store.write('large', bytesFrom('m', 3_000_000))
    const rest = async () => {
      for (let next = await reader.next(); !next.done; ) next = await reader.next()
    }
    expect(await fails(rest)).toMatchObject({ code: 'OBJECT_CHANGED' })
    // Without a byte in between it is given up in the end.
    double.trouble = ({ method }) => (method === 'GET' ? { cutAfter: 0 } : undefined)
    expect(await fails(() => digestOf(store.read('large')))).toMatchObject({ code: 'STORE_UNREACHABLE' })
  })

  test('an upload whose last answer was lost is done, and one that was not is told', async () => {
    const { double, store } = await make()
    let lost = 0
    double.trouble = ({ method, query }) => (method === 'POST' && query.has('uploadId') && lost++ === 0 ? 'lose the answer' : undefined)
    expect(await store.write('large', bytesFrom('l', 9_000_000))).toEqual({ bytes: 9_000_000 })
    expect([lost, await store.size('large')]).toEqual([2, 9_000_000])
    double.trouble = ({ method, query }) => (method === 'POST' && query.has('uploadId') ? { status: 404, code: 'NoSuchUpload' } : undefined)
    expect(await fails(() => store.write('other', bytesFrom('l', 9_000_000)))).toMatchObject({ code: 'STORE_REFUSED' })
    expect(await store.size('other')).toBeUndefined()
  })

  test('what a killed writer leaves is found again and aborted, and what is still written is not', async () => {
    const { double, store } = await make({ page: 1 })
    for (const key of ['a', 'b', 'c']) double.bucket('kept').begin(`platform/archives/${key}`, {})
    double.bucket('kept').begin('of-others/x', {})
    expect(await store.clearLeftovers(60_000)).toEqual([])
    const cleared = await store.clearLeftovers(-60_000)
    expect(cleared.map((name) => name.split(' ')[0])).toEqual(['a', 'b', 'c'])
    expect([...double.bucket('kept').uploads.values()].map(({ key }) => key)).toEqual(['of-others/x'])
  })

  test.each([
    ['a wrong secret', { SECRET: 'wrong' }, 'kept', 'STORE_REFUSED', 'SignatureDoesNotMatch (403)'],
    ['an unknown key', { ACCESS: 'AKUNKNOWN' }, 'kept', 'STORE_REFUSED', 'InvalidAccessKeyId (403)'],
    ['no such bucket', {}, 'absent', 'STORE_REFUSED', 'NoSuchBucket (404)'],
  ])('%s is told as what it is', async (_what, env, bucket, code, reason) => {
    const { double } = await make()
    const secrets = secretsFrom({ ACCESS: double.accessKey, SECRET: double.secretKey, ...env }, '/')
    const store = openStore({ s3: { bucket, endpoint: double.endpoint, accessKey: 'env:ACCESS', secretKey: 'env:SECRET' } }, secrets)
    for (const act of [() => put(store, 'a', 'x'), () => textOf(store, 'a'), () => keysOf(store), () => store.remove('a')]) {
      const failed = await fails(act)
      expect(failed).toMatchObject({ code, facts: { reason } })
      expect(JSON.stringify(failed)).not.toContain(double.secretKey)
    }
  })

  test('a server that is not there, one that is full, and a secret that is missing have faults of their own', async () => {
    const { double, store } = await make()
    double.trouble = ({ method }) => (method === 'PUT' ? { status: 507, code: 'InsufficientStorage' } : undefined)
    expect((await fails(() => put(store, 'a', 'x'))).code).toBe('STORE_FULL')
    double.trouble = ({ method }) => (method === 'PUT' ? { status: 403, code: 'AccessDenied' } : undefined)
    expect(await fails(() => store.write('a', bytesFrom('x', 9_000_000)))).toMatchObject({ code: 'STORE_REFUSED' })
    expect(double.bucket('kept').uploads.size).toBe(0)
    const missing = openStore({ s3: { bucket: 'kept', accessKey: 'env:NONE', secretKey: 'env:NONE' } }, secretsFrom({}, '/'))
    expect((await fails(() => put(missing, 'a', 'x'))).code).toBe('SECRET_MISSING')
    await double.close()
    expect(await fails(() => put(store, 'a', 'x'))).toMatchObject({ code: 'STORE_UNREACHABLE', facts: { reason: 'ECONNREFUSED' } })
  })

  test('keys are destroyed with every older version of them, where a bucket keeps such', async () => {
    const { double, store } = await make({ versioned: true, page: 2 })
    const secrets = secretsFrom({ MASTER }, '/')
    const keys = openKeyStore({ provider: secretsProvider(['env:MASTER'], secrets), store })
    const made = [await keys.current('acme'), await keys.rotate('acme')]
    await all(keys.rewrap())
    await keys.current('acme2')
    const versions = () =>
      double
        .bucket('kept')
        .versions()
        .map(([key]) => key)
    expect(versions().filter((key) => key.includes('/acme/'))).toHaveLength(4)
    // Removed alone, it would still be there for whoever asks for its version.
    await store.remove(`keys/acme/${made[0]!.id}`)
    expect(await all(store.remains!('keys/acme/'))).toContain(`keys/acme/${made[0]!.id}`)
    expect((await keys.destroy('acme')).keys).toEqual(made.map(({ id }) => id))
    expect(versions().filter((key) => key.includes('/acme/'))).toEqual([])
    expect(versions().some((key) => key.includes('/acme2/'))).toBe(true)
  })

  test('where older versions may not be removed, that is told, and the keys are unusable all the same', async () => {
    const { double, store } = await make({ versioned: true })
    const keys = openKeyStore({ provider: secretsProvider(['env:MASTER'], secretsFrom({ MASTER }, '/')), store })
    const { id } = await keys.current('acme')
    double.trouble = ({ method, query }) =>
      method === 'DELETE' && query.has('versionId') ? { status: 403, code: 'AccessDenied' } : undefined
    expect(await fails(() => keys.destroy('acme'))).toMatchObject({ code: 'KEYS_REMAIN' })
    expect((await fails(() => keys.find('acme', id))).code).toBe('KEY_DESTROYED')
  })

  test('servers that know nothing of versions will do', async () => {
    const { double, store } = await make()
    double.trouble = ({ query }) => (query.has('versions') ? { status: 501, code: 'NotImplemented' } : undefined)
    await put(store, 'a/b', 'x')
    expect(await all(store.remains!('a/'))).toEqual(['a/b'])
    await store.erase!('a/b')
    expect([await all(store.remains!('a/')), await keysOf(store)]).toEqual([[], []])
  })

  test('without the package of the client, the fault says what to install', async () => {
    const module = new URL('../../dist/stores/open-store.js', import.meta.url).href
    const hooks = `export const resolve = (name, context, next) => {
      if (name === '@aws-sdk/client-s3') throw Object.assign(new Error('no such package'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(name, context)
    }`
    const script = `
      const { register } = await import('node:module')
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}))
      const { openStore } = await import(${JSON.stringify(module)})
      await openStore({ s3: { bucket: 'kept' } }, () => 'x').size('a').catch((error) => console.log(error.code, error.remedy))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    expect(stdout).toBe('STORE_CLIENT_MISSING npm install @aws-sdk/client-s3\n')
  })
})
