import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bytesFrom } from '../stores/object-store-contract.js'
import { type S3Double, startS3 } from './s3-double.js'

const run = promisify(execFile)
const [S3CMD, RCLONE] = ['/usr/bin/s3cmd', '/usr/bin/rclone']

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-s3-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function start(): Promise<S3Double> {
  const double = await startS3({ buckets: ['kept'], page: 2 })
  onTestFinished(double.close)
  return double
}

/** A tree of small files and one that goes in parts, with names that need care. */
async function makeTree(folder: string): Promise<Readonly<Record<string, Buffer>>> {
  const large: Buffer[] = []
  for await (const chunk of bytesFrom('t', 13_000_000)) large.push(chunk)
  const files = {
    'a b.txt': Buffer.from('one'),
    'deep/in/ä+&.txt': Buffer.from('two'),
    'empty=.txt': Buffer.alloc(0),
    'large.bin': Buffer.concat(large),
  }
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
  return files
}

const contentOf = (double: S3Double): Readonly<Record<string, Buffer>> =>
  Object.fromEntries(
    double
      .bucket('kept')
      .keys()
      .map((key) => [key, double.bucket('kept').newest(key)!.body]),
  )

const isSame = (a: Readonly<Record<string, Buffer>>, b: Readonly<Record<string, Buffer>>): boolean =>
  Object.keys(a).sort().join('|') === Object.keys(b).sort().join('|') && Object.entries(a).every(([name, bytes]) => bytes.equals(b[name]!))

describe('our double of S3, by clients that others have written', () => {
  test.skipIf(!existsSync(RCLONE))('rclone copies a tree there in parts, checks it, reads it back and removes it', async () => {
    const [double, folder] = [await start(), await scratch()]
    const files = await makeTree(join(folder, 'from'))
    const env = {
      PATH: '/usr/bin',
      HOME: folder,
      RCLONE_CONFIG: join(folder, 'rclone.conf'),
      RCLONE_CONFIG_DOUBLE_TYPE: 's3',
      RCLONE_CONFIG_DOUBLE_PROVIDER: 'Other',
      RCLONE_CONFIG_DOUBLE_ENDPOINT: double.endpoint,
      RCLONE_CONFIG_DOUBLE_ACCESS_KEY_ID: double.accessKey,
      RCLONE_CONFIG_DOUBLE_SECRET_ACCESS_KEY: double.secretKey,
    }
    const rclone = (...words: readonly string[]) =>
      run(RCLONE, [...words, '--retries', '1', '--s3-upload-cutoff', '6M', '--s3-chunk-size', '6M'], { env })
    await rclone('copy', join(folder, 'from'), 'double:kept')
    expect(isSame(contentOf(double), files)).toBe(true)
    expect(double.requests.filter(({ query }) => query.has('partNumber'))).toHaveLength(3)
    await rclone('check', '--download', join(folder, 'from'), 'double:kept')
    await rclone('delete', 'double:kept')
    expect(double.bucket('kept').keys()).toEqual([])
    const wrong = { ...env, RCLONE_CONFIG_DOUBLE_SECRET_ACCESS_KEY: 'wrong' }
    await expect(run(RCLONE, ['lsf', 'double:kept', '--retries', '1', '--low-level-retries', '1'], { env: wrong })).rejects.toThrow(
      'SignatureDoesNotMatch',
    )
  })

  test.skipIf(!existsSync(S3CMD))('s3cmd puts in parts, reads, lists and deletes', async () => {
    const [double, folder] = [await start(), await scratch()]
    const files = await makeTree(join(folder, 'from'))
    const { host } = new URL(double.endpoint)
    const settings = {
      access_key: double.accessKey,
      secret_key: double.secretKey,
      host_base: host,
      host_bucket: host,
      use_https: 'False',
      multipart_chunk_size_mb: 6,
    }
    const config = join(folder, 's3cmd.conf')
    await writeFile(
      config,
      `[default]\n${Object.entries(settings)
        .map(([name, value]) => `${name} = ${value}\n`)
        .join('')}`,
      { mode: 0o600 },
    )
    const s3cmd = (...words: readonly string[]) =>
      run(S3CMD, ['-c', config, '--no-progress', ...words], { env: { PATH: '/usr/bin', HOME: folder, LC_ALL: 'C.UTF-8' } })
    await s3cmd('sync', `${folder}/from/`, 's3://kept/')
    expect(isSame(contentOf(double), files)).toBe(true)
    expect(double.requests.filter(({ query }) => query.has('partNumber'))).toHaveLength(3)
    await s3cmd('get', 's3://kept/large.bin', join(folder, 'back'))
    expect((await readFile(join(folder, 'back'))).equals(files['large.bin']!)).toBe(true)
    await s3cmd('del', '--recursive', '--force', 's3://kept/')
    expect(double.bucket('kept').keys()).toEqual([])
  })
})

describe('our double of S3', () => {
  const clientOf = (double: S3Double, secretAccessKey = double.secretKey) =>
    new S3Client({
      region: 'us-east-1',
      endpoint: double.endpoint,
      forcePathStyle: true,
      credentials: { accessKeyId: double.accessKey, secretAccessKey },
    })

  test('takes bodies in chunks with trailers, and refuses them where the checksum is not theirs', async () => {
    const double = await start()
    const client = clientOf(double)
    const body = Buffer.from('x'.repeat(100_000))
    const put = (checksum?: string) =>
      client.send(
        new PutObjectCommand({
          Bucket: 'kept',
          Key: 'a',
          Body: Readable.from([body]),
          ContentLength: body.length,
          ChecksumCRC32: checksum,
        }),
      )
    await put()
    expect(double.requests.at(-1)?.headers).toMatchObject({ 'content-encoding': 'aws-chunked', 'x-amz-trailer': 'x-amz-checksum-crc32' })
    expect(double.bucket('kept').newest('a')?.body.equals(body)).toBe(true)
    const answer = await client.send(new GetObjectCommand({ Bucket: 'kept', Key: 'a' }))
    expect(await answer.Body?.transformToString()).toBe(body.toString())
    await expect(put('AAAAAA==')).rejects.toMatchObject({ name: 'BadDigest' })
  })

  test('refuses what was not signed, signed by others, or changed on the way', async () => {
    const double = await start()
    await expect(clientOf(double, 'wrong').send(new GetObjectCommand({ Bucket: 'kept', Key: 'a' }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    })
    expect((await fetch(`${double.endpoint}/kept/a`)).status).toBe(403)
    const client = clientOf(double)
    let changed: 'body' | 'path' | 'query' | undefined
    client.middlewareStack.add(
      (next) => (found) => {
        const request = found.request as { body: Buffer; path: string; query: Record<string, string> }
        if (changed === 'body') request.body = Buffer.from('other')
        if (changed === 'path') request.path = '/kept/b'
        if (changed === 'query') request.query = { ...request.query, versionId: '1' }
        return next(found)
      },
      { step: 'finalizeRequest', priority: 'low', name: 'after-signing' },
    )
    const put = () => client.send(new PutObjectCommand({ Bucket: 'kept', Key: 'a', Body: Buffer.from('right') }))
    for (const [what, name] of [
      ['body', 'XAmzContentSHA256Mismatch'],
      ['path', 'SignatureDoesNotMatch'],
      ['query', 'SignatureDoesNotMatch'],
    ] as const) {
      changed = what
      await expect(put()).rejects.toMatchObject({ name })
    }
    expect(double.bucket('kept').keys()).toEqual([])
  })
})
