import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { adminUrl, type CommandLine, commandLine } from '../cli/cli.js'
import { testServer } from '../support/servers-injected.js'
import { CANARY, expectFault } from './expected.js'

// What only a process of its own can be given: bytes for arguments, a reader that leaves, signals, a narrow terminal.
const BIN = new URL('../../dist/bin.js', import.meta.url).pathname

let line: CommandLine
beforeAll(async () => {
  line = await commandLine({ DATABASE_URL: adminUrl(testServer()), TENANTRY_APP_PASSWORD: CANARY })
  for (const words of [
    'init --catalog-database inputs_bin_catalog',
    'cluster add main --database inputs_bin_tenants',
    'tenant create acme',
  ]) {
    expect(await line.run(...words.split(' '))).toMatchObject({ status: 0 })
  }
})

/** By a shell, which can write what Node cannot: `$0` is the program. */
async function run(script: string, env: Readonly<Record<string, string>> = {}, during?: (child: ChildProcess) => void) {
  const child = spawn('bash', ['-c', script, process.execPath, BIN], {
    cwd: line.folder,
    env: { PATH: process.env.PATH ?? '', ...line.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = [child.stdout, child.stderr].map(async (stream) => (await stream.toArray()).join(''))
  during?.(child)
  const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)))
  const [stdout = '', stderr = ''] = await Promise.all(texts)
  return { status, stdout, stderr }
}

describe('a process', () => {
  test('is given bytes that are no UTF-8', async () => {
    const ran = await run(`"$0" "$1" tenant create cafe --name $'caf\\xe9'`)
    expectFault(ran, { code: 'INPUT_INVALID', exit: 2, cause: /argument 5 is not UTF-8/ })
  })

  test('loses its reader, and does what it was told all the same', async () => {
    const ran = await run(`"$0" "$1" tenant create bar --json | true; echo "\${PIPESTATUS[0]}"`)
    expect(ran).toEqual({ status: 0, stdout: '0\n', stderr: '' })
    expect(await line.run('tenant', 'show', 'bar')).toMatchObject({ status: 0 })
  })

  test('has no reader for its faults either', async () => {
    expect(await run(`"$0" "$1" tenant show nobody 2> >(true); echo $?`)).toEqual({ status: 0, stdout: '4\n', stderr: '' })
  })

  test('has nobody who could answer, and asks nothing', async () => {
    const ran = await run(`"$0" "$1" tenant delete acme --reason x < /dev/null`)
    expectFault(ran, { code: 'CONFIRMATION_NEEDED', exit: 5 })
  })

  test('is given a statement without an end', async () => {
    const ran = await run(`yes 'select 1 --' | "$0" "$1" tenant sql acme -`)
    expectFault(ran, { code: 'INPUT_INVALID', exit: 2, cause: /more than 1048576 bytes/ })
  })

  test('is given a statement that is no UTF-8', async () => {
    const ran = await run(`printf "select 'caf\\xe9'" | "$0" "$1" tenant sql acme -`)
    expectFault(ran, { code: 'INPUT_INVALID', exit: 2, cause: /the statement is not UTF-8/ })
  })

  test('prints the same in twenty columns', async () => {
    const [wide, narrow] = await Promise.all([run(`"$0" "$1" tenants`), run(`"$0" "$1" tenants`, { COLUMNS: '20' })])
    expect(narrow).toEqual(wide)
    expect(narrow.status).toBe(0)
  })

  // Root may read everything, until it gives its capabilities away.
  const isRoot = process.getuid?.() === 0
  test.skipIf(isRoot && !existsSync('/usr/bin/setpriv'))('may not read its configuration', async () => {
    await mkdir(join(line.folder, 'closed'))
    await writeFile(join(line.folder, 'closed', 'closed.json'), '{"catalog":{}}', { mode: 0 })
    const ran = await run(`${isRoot ? 'setpriv --bounding-set=-all --inh-caps=-all -- ' : ''}"$0" "$1" tenants --config closed/closed.json`)
    expectFault(ran, { code: 'CONFIG_INVALID', exit: 2, cause: /closed\.json: cannot be read: EACCES/ })
  })
})
