import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertPerson } from '../../src/catalog/people.js'
import { noteSignIn } from '../../src/catalog/sessions.js'
import { type Control, initPlatform, openControl } from '../../src/control.js'
import { sql } from '../../src/kernel/sql.js'
import { createApp } from '../../src/server/app.js'
import { adminUrl, type CommandLine, commandLine } from '../cli/cli.js'
import { testServer } from '../support/servers-injected.js'
import { invitationIn, PASSWORD } from './browser.js'

let cli: CommandLine
let control: Control
beforeAll(async () => {
  // The API is asked by its function, and no worker is needed.
  const services = async () => ({
    serve: async () => ({ url: 'http://127.0.0.1:4100', close: async () => {} }),
    runWorker: async () => {},
  })
  cli = await commandLine({ DATABASE_URL: adminUrl(testServer()) }, { services })
  const config = join(cli.folder, 'tenantry.config.json')
  await writeFile(config, JSON.stringify({ catalog: { database: `first_${randomUUID().slice(0, 8)}` } }))
  cli.env.TENANTRY_CONFIG = config
  const secrets = (): string => adminUrl(testServer())
  await initPlatform({ config, secrets, appPassword: 'a password of the resolver' })
  control = await openControl({ config, secrets })
})
afterAll(() => control.close())

const linkSaid = async (): Promise<string | undefined> => {
  const { status, stderr } = await cli.run('serve')
  expect(status).toBe(0)
  return /this link works once, for 24 hours: (\S+)/.exec(stderr)?.[1]
}
const take = async (link: string): Promise<Response> =>
  createApp(control).fetch(
    new Request('http://127.0.0.1:4100/v1/session/password', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ invitation: invitationIn(link), password: PASSWORD }),
    }),
  )

test('whoever an issuer vouches for takes away neither the link nor, by their name, the first one', async () => {
  const { catalog } = control.platform
  const person = {
    id: randomUUID(),
    name: 'admin',
    shownAs: 'Admin',
    role: 'viewer',
    tenantId: null,
    breakglassRole: null,
    createdBy: 'issuer:https://login.example',
    identity: { issuer: 'https://login.example', subject: 'sub-admin' },
  } as const
  await catalog.run(insertPerson(person))
  await catalog.run(noteSignIn(person.id))
  const [first, second] = [(await linkSaid())!, (await linkSaid())!]
  expect((await take(first)).status).toBe(410)
  const taken = await take(second)
  expect(await taken.json()).toMatchObject({ actor: expect.stringMatching(/^user:admin-[0-9a-f]{8}$/), role: 'fleet-admin' })
  expect(await linkSaid()).toBeUndefined()
  await catalog.run(sql`delete from catalog.person`)
})

test('serve says a link for the first administrator until somebody has signed in; only the newest works', async () => {
  const [first, second] = [(await linkSaid())!, (await linkSaid())!]
  expect(first).toMatch(/^http:\/\/127\.0\.0\.1:4100\/sign-in#invitation=tni_[\w-]{43}$/)
  expect(second).not.toBe(first)
  expect((await take(first)).status).toBe(410)
  const taken = await take(second)
  expect(taken.status).toBe(201)
  expect(await taken.json()).toMatchObject({ actor: 'user:admin', role: 'fleet-admin' })
  expect(await linkSaid()).toBeUndefined()
  await control.run('user.disable', { user: 'admin' })
  expect(await linkSaid()).toBeUndefined()
})
