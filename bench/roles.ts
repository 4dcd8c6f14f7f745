import pg from 'pg'
import { MEMBERSHIPS_PER_LOGIN } from '../src/isolation/names.js'
import { ident, join, sql } from '../src/kernel/sql.js'
import { startTestServers, type TestServer } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Figure, figure, report } from './measuring/figures.js'

const ROUNDS = 15

/**
 * What it costs to change into a tenant's role for the first time in a backend, and for the first time after any membership has changed, when the login
 * is a member of so many roles. The product gives no login more than the first number.
 */
async function main(argv: readonly string[]): Promise<number> {
  const folder = await makeServersFolder()
  const servers = await startTestServers({ from: process.cwd(), folder, engines: ['debian-15', 'embedded-18'] })
  const figures: Figure[] = [figure('roles that a login of ours is a member of at most', MEMBERSHIPS_PER_LOGIN, '', 'lower', 1_000)]
  try {
    for (const [name, server] of Object.entries(servers.servers)) {
      if (server === undefined) continue
      for (const roles of [MEMBERSHIPS_PER_LOGIN, 5_000]) {
        const cost = await firstEntries(server, roles)
        figures.push(figure(`${name}, ${roles} roles: first entry of a backend`, cost.first, 'ms', 'lower'))
        figures.push(figure(`${name}, ${roles} roles: first entry after a membership has changed`, cost.changed, 'ms', 'lower'))
        figures.push(figure(`${name}, ${roles} roles: every other entry`, cost.steady, 'ms', 'lower'))
      }
    }
  } finally {
    await servers.stop()
  }
  return report('suite', 'roles', figures, argv)
}

async function firstEntries(server: TestServer, count: number): Promise<{ first: number; changed: number; steady: number }> {
  const open = async (): Promise<pg.Client> => {
    const { host, port, superuser, password } = server
    const client = new pg.Client({ host, port, user: superuser, password, database: 'postgres' })
    await client.connect()
    return client
  }
  const admin = await open()
  const login = `bench_login_${count}`
  const roles = Array.from({ length: count }, (_, i) => `bench_${count}_${i}`)
  const run = (statement: { readonly text: string }): Promise<unknown> => admin.query(statement.text)
  try {
    await run(sql`create role ${ident(login)} login noinherit`)
    for (const role of roles) await run(sql`create role ${ident(role)}`)
    for (let at = 0; at < count; at += 500)
      await run(sql`grant ${join(roles.slice(at, at + 500).map((role) => ident(role)))} to ${ident(login)}`)
    await run(sql`create role ${ident(`${login}_other`)}`)
    const samples = { first: [] as number[], changed: [] as number[], steady: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      const client = await open()
      try {
        await client.query(sql`set session authorization ${ident(login)}`.text)
        const enter = async (): Promise<number> => {
          const role = roles[Math.floor((round * 7919) % count)]!
          const start = performance.now()
          await client.query("select set_config('role', $1, false)", [role])
          const took = performance.now() - start
          await client.query('reset role')
          return took
        }
        samples.first.push(await enter())
        samples.steady.push(await enter())
        await run(sql`grant ${ident(`${login}_other`)} to ${ident(roles[0]!)}`)
        await run(sql`revoke ${ident(`${login}_other`)} from ${ident(roles[0]!)}`)
        samples.changed.push(await enter())
      } finally {
        await client.end()
      }
    }
    return { first: median(samples.first), changed: median(samples.changed), steady: median(samples.steady) }
  } finally {
    for (const role of [...roles, login, `${login}_other`]) await run(sql`drop role if exists ${ident(role)}`)
    await admin.end()
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

process.exitCode = await main(process.argv.slice(2))
