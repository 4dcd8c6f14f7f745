import { stat } from 'node:fs/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { addPoolerUser, type TestServer } from '../../test/support/servers.js'
import { describeOn, whyMissing } from '../../test/support/servers-injected.js'
import { pgBouncerIni, userlistText } from './pgbouncer-files.js'

async function ask(server: TestServer, login: { user: string; password: string; database?: string }, text: string): Promise<unknown[]> {
  const client = new pg.Client({ host: server.host, port: server.pooler!.port, database: 'postgres', ...login })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

if (whyMissing('pgbouncer') === undefined) {
  describeOn(['embedded-18', 'embedded-16', 'debian-15'], 'PgBouncer', (server) => {
    const superuser = { user: server.superuser, password: server.password }

    test('passes a SCRAM login on to the server', async () => {
      expect(await ask(server, superuser, 'select 1 as one')).toEqual([{ one: 1 }])
    })

    test('refuses a wrong password', async () => {
      await expect(ask(server, { ...superuser, password: 'wrong' }, 'select 1')).rejects.toThrow(/authentication failed/)
    })

    test('lets in a user who was added while it runs, at once', async () => {
      await ask(server, superuser, `create role added_later login password 'it''s "new"'`)
      // Other tests take CONNECT from PUBLIC here, as a platform does on a server of its own.
      await ask(server, superuser, 'grant connect on database postgres to added_later')

      await addPoolerUser(server, 'added_later', `it's "new"`)

      const rows = await ask(server, { user: 'added_later', password: `it's "new"` }, 'select current_user as me')
      expect(rows).toEqual([{ me: 'added_later' }])
    })

    test('gives neighbours the same server connection', async () => {
      const pid = 'select pg_backend_pid() as pid'

      expect(await ask(server, superuser, pid)).toEqual(await ask(server, superuser, pid))
    })

    test('keeps its passwords in a file that others cannot read', async () => {
      expect((await stat(server.pooler!.userlist)).mode & 0o777).toBe(0o600)
    })

    test('answers its admin console', async () => {
      const { adminUser, adminPassword, version } = server.pooler!

      const rows = await ask(server, { user: adminUser, password: adminPassword, database: 'pgbouncer' }, 'show version')

      expect(rows).toEqual([{ version: `PgBouncer ${version}` }])
    })
  })
} else {
  test.skip(`PgBouncer: ${whyMissing('pgbouncer')}`)
}

const config = { port: 1, poolMode: 'transaction', poolSize: 1, maxClients: 10, adminUser: 'a', userlist: '/u', settings: {} } as const

test('a value with a line break cannot add a line to pgbouncer.ini', () => {
  expect(() => pgBouncerIni({ ...config, databases: { 'a\nb': { host: 'h', port: 1 } } })).toThrow(/one line/)
})

test('quotes in names and passwords are doubled', () => {
  expect(userlistText({ 'o"ne': `p"w'` })).toBe(`"o""ne" "p""w'"\n`)
  expect(pgBouncerIni({ ...config, databases: { x: { host: "h'h", port: 1 } } })).toContain(`"x" = host='h''h' port='1'`)
})
