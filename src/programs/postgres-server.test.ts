import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeServersFolder } from '../../test/support/servers-folder.js'
import { startProgram } from './child.js'
import { openLog } from './log-file.js'
import { choosePort } from './port.js'
import { findPostgres, type PostgresBinaries } from './postgres-binaries.js'
import { copyPostgresData, initPostgres } from './postgres-data.js'
import { type PostgresServer, startPostgres } from './postgres-server.js'
import { programUser } from './program-user.js'
import { waitFor } from './wait.js'
import { answersPostgres } from './wire-probe.js'

const CHECKOUT = join(import.meta.dirname, '..', '..')
const PASSWORD = `it's "secret"`

let template: string
let folder: string
let dataDirectory: string
let binaries: PostgresBinaries
const servers: PostgresServer[] = []

beforeAll(async () => {
  template = await makeServersFolder()
  binaries = await findPostgres(18, { from: CHECKOUT, folder: template })
  await init(join(template, 'data'))
})

afterAll(() => rm(template, { recursive: true, force: true }))

beforeEach(async () => {
  folder = await makeServersFolder()
  dataDirectory = join(folder, 'data')
})

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
  await rm(folder, { recursive: true, force: true })
})

const init = (directory: string): Promise<void> =>
  initPostgres({ binaries, dataDirectory: directory, superuser: 'postgres', password: PASSWORD, durable: false })

const makeData = (): Promise<void> => copyPostgresData(join(template, 'data'), dataDirectory)

async function start(): Promise<PostgresServer> {
  const server = await startPostgres({ binaries, dataDirectory, port: await choosePort(), settings: { fsync: false } })
  servers.push(server)
  return server
}

const alive = (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => !/\) [ZX] /.test(stat),
    () => false,
  )

const ended = (pid: number): Promise<true | undefined> => waitFor(async () => ((await alive(pid)) ? undefined : true), { withinMs: 10_000 })

describe('a server and the process that started it', () => {
  test('a server stops by itself when the process that started it is killed with SIGKILL', async () => {
    const output = join(folder, 'child.log')
    const log = await openLog(output)
    const jiti = join(createRequire(import.meta.url).resolve('jiti/package.json'), '..', 'lib', 'jiti-register.mjs')
    const program = join(CHECKOUT, 'test', 'support', 'servers-child.ts')
    const argv = [process.execPath, '--import', jiti, program, CHECKOUT, folder, String(await choosePort())] as const
    const child = await startProgram(argv, { deathSignal: 'SIGKILL', log: log.fd }).finally(() => log.close())
    const announced = async (): Promise<number | undefined> =>
      Number(/^server (\d+)$/m.exec(await readFile(output, 'utf8'))?.[1]) || undefined
    const pid = await waitFor(announced, { withinMs: 20_000 })
    expect(pid, await readFile(output, 'utf8')).toBeDefined()
    expect(await alive(pid!)).toBe(true)

    child.signal('SIGKILL')

    expect(await ended(pid!)).toBe(true)
  })

  test('the next start waits for a server that is still shutting down', async () => {
    await makeData()
    const first = await start()
    first.signal('SIGINT')

    const second = await start()

    expect(second.pid).not.toBe(first.pid)
    expect(await answersPostgres(second.port)).toBe(true)
  })

  test('stopping a server twice is harmless', async () => {
    await makeData()
    const server = await start()

    await server.stop()
    await server.stop()

    expect(await server.exited).toEqual({ status: 0, signal: undefined })
  })
})

describe('what an earlier run left behind', () => {
  test('a server that was killed with SIGKILL starts again with its data', async () => {
    await makeData()
    const first = await start()
    first.signal('SIGKILL')

    const second = await start()

    expect(await answersPostgres(second.port)).toBe(true)
  })

  test('a lock that names another living program does not prevent the start', async () => {
    await makeData()
    const first = await start()
    const lock = join(dataDirectory, 'postmaster.pid')
    const text = await readFile(lock, 'utf8')
    await first.stop()
    // PostgreSQL itself ignores the processes of other users, so the trap is one of its own.
    const log = await openLog(join(folder, 'sleep.log'))
    const sleeper = await startProgram(['/bin/sleep', '60'], { as: await programUser(), deathSignal: 'SIGKILL', log: log.fd }).finally(() =>
      log.close(),
    )
    await writeFile(lock, text.replace(/^\d+/, String(sleeper.pid)))

    const second = await start()

    expect(await answersPostgres(second.port)).toBe(true)
    sleeper.signal('SIGKILL')
  })

  test('a second server on the same data is refused while the first one runs', async () => {
    await makeData()
    const first = await start()

    await expect(start()).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE', facts: { pid: first.pid } })

    expect(await answersPostgres(first.port)).toBe(true)
  })

  test('half a data directory, left by a killed initdb, is replaced', async () => {
    await mkdir(`${dataDirectory}.init`)
    await writeFile(join(`${dataDirectory}.init`, 'PG_VERSION'), '18\n')

    await init(dataDirectory)

    expect(await answersPostgres((await start()).port)).toBe(true)
  })
})

describe('what a server is given', () => {
  test('no secret and no setting is on its command line', async () => {
    await makeData()
    const server = await startPostgres({
      binaries,
      dataDirectory,
      port: await choosePort(),
      settings: { primary_conninfo: "password='s3cret'" },
    })
    servers.push(server)

    expect(await readFile(`/proc/${server.pid}/cmdline`, 'utf8')).not.toMatch(/s3cret|secret"|conninfo/)
  })

  test('a setting with a line break is refused before anything starts', async () => {
    await makeData()

    const start = startPostgres({ binaries, dataDirectory, port: await choosePort(), settings: { cluster_name: "x'\nfsync = off" } })

    await expect(start).rejects.toMatchObject({ code: 'SETTING_INVALID' })
  })

  test('a server that does not come up is reported with the reason from its log', async () => {
    await makeData()

    const start = startPostgres({ binaries, dataDirectory, port: await choosePort(), settings: { shared_buffers: 'plenty' } })

    await expect(start).rejects.toMatchObject({ code: 'PROGRAM_FAILED', message: expect.stringContaining('tenantry.conf') })
  })

  test('data that was moved to another folder starts there', async () => {
    await makeData()
    await (await start()).stop()
    await rename(dataDirectory, join(folder, 'elsewhere'))
    dataDirectory = join(folder, 'elsewhere')

    expect(await answersPostgres((await start()).port)).toBe(true)
  })
})
