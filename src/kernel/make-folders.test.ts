import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFolders } from './make-folders.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantry-folders-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('makes what is missing, once and again, and from two places at the same time', async () => {
  const path = join(folder, 'a', 'b', 'c')
  await Promise.all([makeFolders(path, 0o700), makeFolders(join(path, 'd'), 0o700)])
  await makeFolders(path)
  expect((await stat(join(path, 'd'))).isDirectory()).toBe(true)
  expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700)
})

test('says what stands in the way', async () => {
  await writeFile(join(folder, 'file'), '')
  await expect(makeFolders(join(folder, 'file', 'x'))).rejects.toMatchObject({ syscall: 'mkdir' })
  await expect(makeFolders(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
  // A file system that takes no folders: with Node's own `recursive` this never ends.
  await expect(makeFolders('/proc/tenantry/x')).rejects.toMatchObject({ syscall: 'mkdir' })
})
