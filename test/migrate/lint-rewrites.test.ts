import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RULE_NAMES } from '../../src/schema/lint/rules.js'
import { testServer } from '../support/servers-injected.js'
import { filesOf, fixture, lint, mended, WITHOUT_REWRITE } from './lint-fixtures.js'

const DATABASE = 'lint_rewrites'
const TENANT = '11111111-1111-4111-8111-111111111111'

const clientOf = (database: string): pg.Client => {
  const { host, port, superuser: user, password } = testServer()
  return new pg.Client({ host, port, user, password, database })
}

// Everything is rolled back; what works concurrently cannot be.
const inTransaction = (text: string): string => text.replaceAll(/\b(index|view) concurrently\b/gi, '$1')

/** What lint proposes, run by PostgreSQL itself over tables with rows. */
describe('the rewrites of lint', () => {
  let client: pg.Client
  beforeAll(async () => {
    const server = clientOf('postgres')
    await server.connect()
    await server.query(`create database ${DATABASE}`)
    await server.end()
    client = clientOf(DATABASE)
    await client.connect()
    await client.query(`
      create schema tenantry; create schema platform; create schema ext; create schema home;
      create function tenantry.tenant() returns uuid stable language sql return '${TENANT}'::uuid;
      set search_path = platform`)
    await client.query(await fixture('before.platform'))
    await client.query('set search_path = home, ext, pg_temp')
    await client.query(await fixture('before.tenant'))
    await client.query(`
      insert into account (email, age) values ('a@example.com', 1), ('b@example.com', 2);
      insert into note (account_id, body, pinned, reviewer_id) select id, 'text', true, id from account;
      insert into reading (taken_at, value) values ('2025-05-05', 1)`)
  })
  afterAll(async () => {
    await client?.end()
    const server = clientOf('postgres')
    await server.connect()
    await server.query(`drop database if exists ${DATABASE} with (force)`)
    await server.end()
  })

  test.each(RULE_NAMES.filter((name) => !WITHOUT_REWRITE.has(name)))('%s: what is proposed runs', async (name) => {
    const files = filesOf(await fixture(name))
    for (const finding of await lint(files)) {
      await client.query('begin')
      try {
        for (const file of mended(files, finding)) await client.query(inTransaction(file))
      } catch (error) {
        expect.fail(`${(error as Error).message}\n${finding.rewrite}`)
      } finally {
        await client.query('rollback')
      }
    }
  })

  test.each(['set-not-null', 'add-not-null-column'])('%s: the check spares the reading of the table', async (name) => {
    const files = filesOf(await fixture(name))
    const said: string[] = []
    const listen = ({ message }: { readonly message: string | undefined }): unknown => said.push(message ?? '')
    client.on('notice', listen)
    await client.query('begin; set local client_min_messages = debug1')
    try {
      const [finding] = await lint(files)
      for (const file of mended(files, finding!)) await client.query(file)
    } finally {
      await client.query('rollback')
      client.off('notice', listen)
    }
    expect(said.join('\n')).toMatch(/existing constraints on column .* are sufficient to prove that it does not contain nulls/)
  })
})
