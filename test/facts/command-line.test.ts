import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Control, initPlatform, openControl } from '../../src/control.js'
import { newId } from '../../src/kernel/clock.js'
import { adminUrl, type CommandLine, commandLine } from '../cli/cli.js'
import { testServer } from '../support/servers-injected.js'
import { type NameServer, startNameServer } from './name-server.js'

let cli: CommandLine
let names: NameServer
beforeAll(async () => {
  names = await startNameServer()
  const mark = `cli_${newId().slice(0, 8)}`
  cli = await commandLine({ DATABASE_URL: adminUrl(testServer()), TENANTRY_APP_PASSWORD: 'a password of the application' })
  await mkdir(join(cli.folder, 'migrations', 'tenant'), { recursive: true })
  const config = join(cli.folder, 'tenantry.config.json')
  cli.env.TENANTRY_CONFIG = config
  await writeFile(config, JSON.stringify({ catalog: { database: `${mark}_catalog` }, dns: [names.address] }))
  const secrets = (reference: string): string => cli.env[reference.slice(4)]!
  await initPlatform({ config, secrets, appPassword: 'a password of the resolver' })
  const control: Control = await openControl({ config, secrets })
  await control.run('cluster.add', { name: 'main', database: `${mark}_tenants` })
  await control.run('tenant.create', { slug: 'acme' })
  await control.close()
})
afterAll(() => names?.close())

const ok = async (...argv: readonly string[]): Promise<string> => {
  const ran = await cli.run(...argv)
  expect(ran, argv.join(' ')).toMatchObject({ status: 0 })
  return ran.stdout
}

test('a tenant is given facts, a name, a domain; and what was done can be read', async () => {
  await ok('tenant', 'set', 'acme', '--tier', 'gold', '--label', 'team=a', '--label', 'zone=1', '--statement-timeout-ms', '5000')
  await ok('tenant', 'set', 'acme', '--unlabel', 'zone')
  expect(await ok('tenant', 'rename', 'acme', '--slug', 'acme-two', '--name', 'Acme II')).toMatch(
    /is now acme-two \(Acme II\); acme leads to it/,
  )
  const [, record, token] = /^(\S+)\. IN TXT "(.+)"$/m.exec(await ok('domain', 'add', 'acme', 'Shop.Example'))!
  expect(await cli.run('domain', 'verify', 'acme', 'shop.example')).toMatchObject({
    status: 6,
    stderr: expect.stringContaining('_tenantry.shop.example does not hold the token: there is no TXT record'),
  })
  names.txt.set(record!, [[token!]])
  expect(await ok('domain', 'verify', 'acme', 'shop.example')).toBe('shop.example is verified for acme-two\n')
  expect(await ok('domain', 'show', 'SHOP.example')).toMatch(/^shop\.example: acme-two \(.*\), verified since/)

  const shown = await ok('tenant', 'show', 'acme')
  for (const line of [/tier +gold/, /labels +team=a$/m, /limits +statements 5000 ms/, /was +acme$/m, /domains +shop\.example \(verified\)/])
    expect(shown).toMatch(line)
  expect(await ok('tenant', 'list', '--label', 'team=a', '--tier', 'gold')).toMatch(/acme-two/)
  expect(await ok('tenant', 'list', '--label', 'team=b')).toBe('')

  const log = await ok('audit', 'log', '--tenant', 'acme-two', '--operation', 'tenant.rename')
  expect(log).toMatch(/^TIME +ACTOR +OPERATION +TENANT +OUTCOME +FAULT +CHANGED$/m)
  expect(log).toMatch(/cli:\S+ +tenant\.rename .* succeeded .*name acme -> Acme II; slug acme -> acme-two/)
})

test('a slug is given up only when that is confirmed', async () => {
  expect(await cli.run('tenant', 'release', 'acme-two', 'acme')).toMatchObject({
    status: 5,
    stderr: expect.stringContaining('CONFIRMATION_NEEDED'),
  })
  await ok('tenant', 'release', 'acme-two', 'acme', '--yes')
  expect(await cli.run('tenant', 'show', 'acme')).toMatchObject({ status: 4 })
})

test('a slip is answered before anything is connected', async () => {
  expect((await cli.run('tenant', 'set', 'acme-two')).stderr).toContain('nothing to set was given')
  expect((await cli.run('tenant', 'set', 'acme-two', '--label', 'novalue')).stderr).toContain('--label: must be key=value')
  expect((await cli.run('audit', 'log', '--since', 'yesterday')).stderr).toContain('--since: must be a duration such as 24h, or a moment')
})
