import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, readdir, readFile, rename, rm, symlink, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openFolderStore } from '../../src/stores/folder-store.js'
import { type KeyStore, openKeyStore } from '../../src/stores/key-store.js'
import type { ObjectStore } from '../../src/stores/object-store.js'
import { secretsProvider } from '../../src/stores/secrets-provider.js'
import { FRAME_BYTES } from '../../src/transfer/archive/format.js'
import { copyArchive } from '../../src/transfer/archive/keep.js'
import { openArchive } from '../../src/transfer/archive/reader.js'
import { writeArchive } from '../../src/transfer/archive/writer.js'
import { ARCHIVE, chunksOf, codeOf, drained, OTHER_ARCHIVE, rows, TENANT } from './made.js'

const CONTENTS = { a: rows(FRAME_BYTES + 10_000), b: rows(5_000), c: Buffer.alloc(0) }

let folder: string
let store: ObjectStore
let keys: KeyStore
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archives-'))
  store = openFolderStore(join(folder, 'archives'))
  const master = randomBytes(32).toString('hex')
  keys = openKeyStore({ provider: secretsProvider(['env:MASTER'], () => master), store: openFolderStore(join(folder, 'keys')) })
})
afterEach(() => rm(folder, { recursive: true }))

const make = async (archive = ARCHIVE): Promise<void> => {
  const streams = Object.entries(CONTENTS).map(([name, bytes]) => ({ name, read: () => chunksOf(bytes) }))
  await writeArchive(
    { store, tenant: TENANT, archive, key: await keys.current(TENANT), compression: 'gzip' },
    { lanes: 2, streams, facts: async () => ({ archive }) },
  )
}

async function restore(from = store, archive = ARCHIVE): Promise<void> {
  const opened = await openArchive({ store: from, tenant: TENANT, archive, keys })
  await opened.verify()
  for (const [name, bytes] of Object.entries(CONTENTS)) expect((await drained(opened.read(name))).equals(bytes)).toBe(true)
}

async function files(): Promise<Readonly<Record<'manifest' | 'segment', string>>> {
  const place = join(folder, 'archives/tenants', TENANT, ARCHIVE)
  const names = await readdir(place)
  return { manifest: join(place, 'manifest'), segment: join(place, names.find((name) => name.startsWith('segment-0'))!) }
}

test('in folders, with keys that are kept wrapped: rotated ones are read, a copy is read, a destroyed one is told', async () => {
  await make()
  await keys.rotate(TENANT)
  await make(OTHER_ARCHIVE)
  await restore()
  await restore(store, OTHER_ARCHIVE)
  const second = openFolderStore(join(folder, 'second'))
  await copyArchive(store, second, TENANT, ARCHIVE)
  await restore(second)
  await keys.destroy(TENANT)
  expect(await codeOf(() => restore())).toBe('KEY_DESTROYED')
  expect(await codeOf(() => restore(second))).toBe('KEY_DESTROYED')
})

test('what was done to the files is told', async () => {
  await make()
  const { manifest, segment } = await files()
  const size = (await readFile(segment)).length

  await truncate(segment, size - 4_096)
  expect(await codeOf(() => restore())).toBe('ARCHIVE_TRUNCATED')
  // As long as before, but with a hole at its end, as file systems leave them after a loss of power.
  await truncate(segment, size)
  expect(await codeOf(() => restore())).toBe('ARCHIVE_CORRUPT')

  const file = await open(segment, 'w')
  await file.truncate(2 ** 40)
  await file.close()
  expect(await codeOf(() => restore())).toBe('ARCHIVE_CORRUPT')
  await truncate(manifest, 2 ** 40)
  expect(await codeOf(() => restore())).toBe('ARCHIVE_CORRUPT')

  await rm(manifest)
  expect(await codeOf(() => restore())).toBe('ARCHIVE_MISSING')
})

test('no link and no pipe in the place of a segment is followed or waited for', async () => {
  await make()
  const { segment } = await files()
  const away = join(folder, 'elsewhere')
  await rename(segment, away)
  await symlink(away, segment)
  expect(await codeOf(() => restore())).toBe('OBJECT_OUTSIDE')
  await rm(segment)
  await promisify(execFile)('mkfifo', [segment])
  expect(await codeOf(() => restore())).toBe('OBJECT_NOT_FILE')
  await rm(segment)
  await rename(away, segment)
  await restore()
})
