import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Tenantry } from '../../src/client/tenantry.js'
import { loginName } from '../../src/isolation/names.js'
import { sql } from '../../src/kernel/sql.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { type Eyes, openEyes } from '../faults/eyes.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const TENANTS = { crowd: 'shared', alone: 'schema', island: 'database' } as const

interface Traffic {
  readonly stop: () => Promise<{ readonly scopes: number; readonly errors: readonly unknown[] }>
}

/** An application that never stops asking: single statements and transactions, for tenants of every isolation. */
function traffic(app: Tenantry): Traffic {
  const errors: unknown[] = []
  let [scopes, over] = [0, false]
  const loops = Object.keys(TENANTS).flatMap((slug) =>
    [1, 2].map(async () => {
      while (!over) {
        try {
          await app.tenant(slug).query(sql`insert into note (body) values ('by a statement')`)
          await app.tenant(slug).transaction((scope) => scope.rows(sql`select count(*) from note`))
        } catch (error) {
          errors.push(error)
        }
        scopes += 2
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }),
  )
  return {
    stop: async () => {
      over = true
      await Promise.all(loops)
      return { scopes, errors }
    },
  }
}

describe('the credentials of a cluster are rotated', () => {
  let fleet: Fleet
  let eyes: Eyes
  let working: Traffic
  let sleeper: Tenantry
  let catalog: string
  let login: (n: number) => string
  const rotate = (input: object) => fleet.run('cluster.rotate', { cluster: 'main', ...input })
  const retire = async () => {
    for (;;) {
      const answer = await rotate({ retire: true, grace: '1s' }).catch((error: { code?: string }) => error)
      if ((answer as { code?: string }).code !== 'LOGIN_IN_USE') return answer
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  const role = async (name: string) => {
    const [found] = await eyes.see(
      'postgres',
      `select rolcanlogin as login, rolpassword is not null as password,
         coalesce((select array_agg(g.rolname::text order by g.rolname)
           from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = a.oid), '{}') as member
       from pg_authid a where rolname = $1`,
      [name],
    )
    return found
  }
  /** Of the homes that have no login of their own. */
  const sharedRoles = async () => {
    const rows = await eyes.see<{ role: string }>(
      catalog,
      `select role_name as role from catalog.home where isolation <> 'database' order by role_name collate "C"`,
    )
    return rows.map((row) => row.role).sort()
  }

  beforeAll(async () => {
    const server = testServer()
    eyes = openEyes(urlOf(server))
    fleet = await fleetOn(server, {
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN },
      tenants: TENANTS,
      secrets: { 'env:NEXT': 'the-second-password', 'env:THIRD': 'the-third-password' },
    })
    catalog = fleet.platform.config.catalog.database
    login = (n) => loginName(fleet.platform.id, n)
    sleeper = fleet.client({ idleTimeoutMs: 1 })
    await sleeper.tenant('alone').query(sql`select 1`)
    working = traffic(fleet.client({ placementTtlMs: 300, idleTimeoutMs: 300 }))
  })
  afterAll(async () => {
    await working?.stop()
    await eyes?.close()
    await fleet?.stop()
  })

  test('the present reference is refused, and so is retiring what was never rotated', async () => {
    await expect(rotate({ appSecret: 'env:TENANTRY_APP_PASSWORD' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(rotate({ retire: true })).rejects.toMatchObject({ code: 'CLUSTER_STATE' })
    await expect(rotate({})).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(rotate({ appSecret: 'env:ABSENT' })).rejects.toMatchObject({ code: 'SECRET_MISSING' })
  })

  test('both logins work, the new one is a member of the homes and of nothing else', async () => {
    expect(await rotate({ appSecret: 'env:NEXT' })).toEqual({
      name: 'main',
      logins: [login(2)],
      oldLogins: [login(1)],
      ownLogins: 1,
      retired: false,
    })
    const island = await fleet.tenant('island')
    const [{ own, islandRole }] = (await eyes.see<{ own: string; islandRole: string }>(
      catalog,
      'select login_name as own, role_name as "islandRole" from catalog.home where id = $1',
      [island.home],
    )) as [{ own: string; islandRole: string }]
    expect(own).toMatch(/_app_[a-z2-7]+_2$/)
    expect(await role(own)).toEqual({ login: true, password: true, member: [islandRole] })
    expect(await role(login(2))).toEqual({ login: true, password: true, member: await sharedRoles() })
    expect(await role(login(1))).toMatchObject({ login: true, password: true })
    expect(await fleet.run('cluster.show', { cluster: 'main' })).toMatchObject({
      appSecretRef: 'env:NEXT',
      oldLoginsSince: expect.any(Date),
    })
    const fresh = fleet.client({ idleTimeoutMs: 1 })
    for (const slug of Object.keys(TENANTS)) {
      const rows = await fresh.tenant(slug).query(sql<{ login: string }>`select session_user::text as login`)
      expect(rows).toEqual([{ login: slug === 'island' ? own : login(2) }])
    }
  })

  test('a second rotation waits for the retirement of what the first has left', async () => {
    await expect(rotate({ appSecret: 'env:THIRD' })).rejects.toMatchObject({ code: 'CLUSTER_STATE' })
  })

  test('the old login is not retired before its time, nor while somebody is logged in with it, who is named', async () => {
    await expect(rotate({ retire: true, grace: '1h' })).rejects.toMatchObject({
      code: 'LOGIN_IN_USE',
      message: expect.stringContaining('--grace'),
    })
    const left = await eyes.session(catalog.replace(/catalog$/, 'tenants'), {
      user: login(1),
      password: fleet.secrets('env:TENANTRY_APP_PASSWORD'),
    })
    await expect(rotate({ retire: true, grace: '0ms' })).rejects.toMatchObject({
      code: 'LOGIN_IN_USE',
      message: expect.stringMatching(/\d+ of eyes from 127\.0\.0\.1/),
    })
    expect(await role(login(1))).toMatchObject({ login: true, password: true })
    await left.end()
  })

  test('once nobody is, it cannot log in any more', async () => {
    expect(await retire()).toMatchObject({ retired: true, oldLogins: [login(1)] })
    expect(await role(login(1))).toMatchObject({ login: false, password: false })
    expect(await fleet.run('cluster.show', { cluster: 'main' })).toMatchObject({ state: 'live', oldLoginsSince: null })
  })

  test('an application that knows the old login alone, and had no connection, finds the new one by itself', async () => {
    expect(await sleeper.tenant('alone').query(sql<{ login: string }>`select session_user::text as login`)).toEqual([{ login: login(2) }])
  })

  test('a tenant that is created afterwards uses the new login', async () => {
    await fleet.run('tenant.create', { slug: 'later', isolation: 'schema' })
    expect(await sleeper.tenant('later').query(sql<{ login: string }>`select session_user::text as login`)).toEqual([{ login: login(2) }])
  })

  test('the next rotation goes back to the first login, with the third password and all homes of now', async () => {
    expect(await rotate({ appSecret: 'env:THIRD' })).toMatchObject({ logins: [login(1)], oldLogins: [login(2)] })
    expect(await role(login(1))).toEqual({ login: true, password: true, member: await sharedRoles() })
    expect(await role(login(2))).toMatchObject({ login: true, password: true })
  })

  test('through all of it the application saw no error', async () => {
    const { scopes, errors } = await working.stop()
    expect([...new Set(errors.map(String))]).toEqual([])
    expect(scopes).toBeGreaterThan(500)
  })
})

test('a rotation that fails is taken back: the present login stays, the other cannot log in', async () => {
  let fail = false
  const fleet = await fleetOn(testServer(), {
    migrations: CONTRACT_MIGRATIONS,
    config: { hidden: CONTRACT_HIDDEN },
    tenants: { alone: 'schema' },
    secrets: { 'env:NEXT': 'the-second-password' },
    failpoint: async (name) => {
      if (fail && name === 'cluster.rotate/admit:acted') throw Object.assign(new Error('no more'), { code: 'X' })
    },
  })
  try {
    fail = true
    await expect(fleet.run('cluster.rotate', { cluster: 'main', appSecret: 'env:NEXT' })).rejects.toMatchObject({
      code: 'OPERATION_FAILED',
    })
    expect(await fleet.run('cluster.show', { cluster: 'main' })).toMatchObject({ state: 'live', appSecretRef: 'env:TENANTRY_APP_PASSWORD' })
    expect(await fleet.app.tenant('alone').query(sql<{ login: string }>`select session_user::text as login`)).toEqual([
      { login: loginName(fleet.platform.id, 1) },
    ])
    const witness = await fleet.witness('alone')
    expect(await witness.rows(sql`select rolcanlogin as login from pg_roles where rolname = ${loginName(fleet.platform.id, 2)}`)).toEqual([
      { login: false },
    ])
  } finally {
    await fleet.stop()
  }
})
