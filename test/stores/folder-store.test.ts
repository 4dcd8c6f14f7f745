import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openFolderStore } from '../../src/stores/folder-store.js'
import { whyNoSmallDisk } from '../support/small-disk.js'
import { bytesFrom, fails, keysOf, objectStoreContract, put, textOf } from './object-store-contract.js'

const run = promisify(execFile)
const noSmallDisk = await whyNoSmallDisk()

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-store-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

objectStoreContract('a folder', async () => openFolderStore(join(await scratch(), 'archives')))

describe('a folder as a store', () => {
  test('nothing of it is there before the first write, and it is for its owner alone', async () => {
    const folder = join(await scratch(), 'archives')
    const store = openFolderStore(folder)
    expect([await keysOf(store), await store.size('a'), await store.clearLeftovers(0)]).toEqual([[], undefined, []])
    await expect(stat(folder)).rejects.toThrow('ENOENT')
    await put(store, 'a/b', 'x')
    const modes = await Promise.all(['', 'a', 'a/b'].map(async (path) => (await stat(join(folder, path))).mode & 0o777))
    expect(modes).toEqual([0o700, 0o700, 0o600])
  })

  test('folders that it lies in are not made: a disk that is not mounted is told', async () => {
    const folder = join(await scratch(), 'not-mounted', 'archives')
    expect(await fails(() => put(openFolderStore(folder), 'a', 'x'))).toMatchObject({ code: 'STORE_NOT_FOLDER' })
    await expect(stat(join(folder, '..'))).rejects.toThrow('ENOENT')
  })

  test('what is no folder is told as that', async () => {
    const folder = await scratch()
    await writeFile(join(folder, 'file'), '')
    const store = openFolderStore(join(folder, 'file'))
    for (const act of [() => put(store, 'a', 'x'), () => textOf(store, 'a'), () => keysOf(store), () => store.remove('a')]) {
      expect(await fails(act)).toMatchObject({ code: 'STORE_NOT_FOLDER', message: expect.stringContaining('is not a folder') })
    }
    const inner = openFolderStore(folder)
    expect((await fails(() => put(inner, 'file/a', 'x'))).code).toBe('STORE_NOT_FOLDER')
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'))
    expect((await fails(() => put(openFolderStore(join(folder, 'dangling')), 'a', 'x'))).code).toBe('STORE_NOT_FOLDER')
  })

  test('a place where nobody may write is told as that', async () => {
    // Not even root makes folders there.
    expect(await fails(() => put(openFolderStore('/sys/tenantry-archives'), 'a', 'x'))).toMatchObject({
      code: 'STORE_NOT_WRITABLE',
      facts: { path: '/sys/tenantry-archives' },
    })
  })

  test('what others may not enter is told to them', async () => {
    const folder = await scratch()
    await chmod(folder, 0o755)
    await put(openFolderStore(join(folder, 'archives')), 'a', 'x')
    const uid = process.getuid!()
    // Whoever is not root is kept out by the mode alone.
    if (uid === 0) process.seteuid!(65_534)
    else await chmod(join(folder, 'archives'), 0o000)
    try {
      const store = openFolderStore(join(folder, 'archives'))
      expect([(await fails(() => store.size('a'))).code, (await fails(() => put(store, 'b', 'x'))).code]).toEqual([
        'STORE_NOT_WRITABLE',
        'STORE_NOT_WRITABLE',
      ])
    } finally {
      process.seteuid!(uid)
      await chmod(join(folder, 'archives'), 0o700)
    }
  })

  test.skipIf(noSmallDisk !== undefined)('a full disk is told, and nothing half-written stays', async () => {
    const folder = await scratch()
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
    onTestFinished(() => run('umount', [folder]).then(() => {}))
    const store = openFolderStore(folder)
    await put(store, 'small', 'kept')
    expect(await fails(() => store.write('large', bytesFrom('x', 3_000_000)))).toMatchObject({ code: 'STORE_FULL' })
    expect([await keysOf(store), await readdir(join(folder, '.drafts'))]).toEqual([['small'], []])
    expect(await textOf(store, 'small')).toBe('kept')
  })

  test('a pipe, a folder and a link in the place of an object are refused, and nobody waits for them', async () => {
    const [folder, elsewhere] = [await scratch(), await scratch()]
    const store = openFolderStore(folder)
    await writeFile(join(elsewhere, 'secret'), 'of somebody else')
    await run('mkfifo', [join(folder, 'pipe')])
    await mkdir(join(folder, 'folder'))
    await symlink(join(elsewhere, 'secret'), join(folder, 'link'))
    await symlink(elsewhere, join(folder, 'way'))
    const cases = { pipe: 'OBJECT_NOT_FILE', folder: 'OBJECT_NOT_FILE', link: 'OBJECT_OUTSIDE', 'way/secret': 'OBJECT_OUTSIDE' }
    for (const [key, code] of Object.entries(cases)) {
      for (const act of [() => textOf(store, key), () => store.size(key), () => put(store, key, 'x'), () => store.remove(key)]) {
        expect([key, (await fails(act)).code]).toEqual([key, code])
      }
    }
    expect((await fails(() => textOf(store, 'pipe'))).message).toContain('pipe is a pipe, not a file')
    expect(await keysOf(store)).toEqual([])
    expect((await fails(() => keysOf(store, 'way/'))).code).toBe('OBJECT_OUTSIDE')
    expect(await readdir(elsewhere)).toEqual(['secret'])
  })

  test('an object that is cut while it is read is noticed', async () => {
    const folder = await scratch()
    const store = openFolderStore(folder)
    await store.write('cut', bytesFrom('x', 2_000_000))
    const reader = store.read('cut')[Symbol.asyncIterator]()
    await reader.next()
    await writeFile(join(folder, 'cut'), 'short', { flag: 'r+' })
    await run('truncate', ['-s', '5', join(folder, 'cut')])
    const rest = async () => {
      for (let next = await reader.next(); !next.done; ) next = await reader.next()
    }
    expect((await fails(rest)).code).toBe('OBJECT_CHANGED')
  })

  test('what a killed writer leaves is no object; it is found again and cleared, and what is still written is not', async () => {
    const folder = await scratch()
    const store = openFolderStore(folder)
    await put(store, 'there', 'x')
    const module = new URL('../../dist/stores/folder-store.js', import.meta.url).href
    const script = `
      const { openFolderStore } = await import(${JSON.stringify(module)})
      const forever = async function* () {
        yield Buffer.alloc(100_000)
        process.stdout.write('writing')
        await new Promise((resolve) => setTimeout(resolve, 60_000))
      }
      await openFolderStore(${JSON.stringify(folder)}).write('never', forever())`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const [draft] = await readdir(join(folder, '.drafts'))
    expect(await store.clearLeftovers(60_000)).toEqual([])
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await keysOf(store)).toEqual(['there'])
    const anHourAgo = new Date(Date.now() - 3_600_000)
    await utimes(join(folder, '.drafts', draft!), anHourAgo, anHourAgo)
    expect(await store.clearLeftovers(60_000)).toEqual([`.drafts/${draft}`])
    expect([await readdir(join(folder, '.drafts')), await textOf(store, 'there')]).toEqual([[], 'x'])
  })
})
