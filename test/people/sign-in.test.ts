import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { voidInvitations } from '../../src/catalog/people.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { type Api, startApi, tablesWith, untilWaiting } from '../api/api-server.js'
import { expectRefused, invitationIn, invite, newPerson, openBrowser, PASSWORD } from './browser.js'

let api: Api
beforeAll(async () => {
  api = await startApi({ cluster: false })
})
afterAll(() => api.close())

const catalog = () => api.control.platform.catalog

describe('a link', () => {
  test('leads to a password, and signs in; then it works no more', async () => {
    const link = await invite(api, 'anna', { role: 'operator', shownAs: 'Anna Berg' })
    expect(link).toMatch(/^\/sign-in#invitation=tni_[\w-]{43}$/)
    const browser = openBrowser(api)
    const shown = await browser.call('POST', '/v1/session/invitation', { json: { invitation: invitationIn(link) } })
    expect(shown).toMatchObject({ status: 200, body: { name: 'anna', shownAs: 'Anna Berg' } })
    const taken = await browser.takeLink(link)
    expect(taken).toMatchObject({
      status: 201,
      body: { by: 'session', actor: 'user:anna', role: 'operator', session: { name: 'anna', shownAs: 'Anna Berg', breakGlass: null } },
    })
    expect((await browser.call('GET', '/v1/tenants')).status).toBe(200)
    expectRefused(await openBrowser(api).takeLink(link, 'another horse of 9 letters'), 410, 'INVITATION_INVALID')
    expectRefused(
      await browser.call('POST', '/v1/session/invitation', { json: { invitation: invitationIn(link) } }),
      410,
      'INVITATION_INVALID',
    )
    expect((await openBrowser(api).signIn('anna')).status).toBe(201)
  })

  test('of two who use it at once exactly one wins', async () => {
    const link = await invite(api, 'berta')
    const witness = catalog().transaction(async (tx) => {
      await tx.rows(sql`select from catalog.person where name = 'berta' for update`)
      const racing = [1, 2].map((n) => openBrowser(api).takeLink(link, `the horse of racer ${n}`))
      await untilWaiting(api, 2)
      return racing
    })
    const replies = await Promise.all(await witness)
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 410])
    const winner = replies[0]!.status === 201 ? 1 : 2
    expect((await openBrowser(api).signIn('berta', `the horse of racer ${winner}`)).status).toBe(201)
    expectRefused(await openBrowser(api).signIn('berta', `the horse of racer ${3 - winner}`), 401, 'SIGN_IN_FAILED')
  })

  test('used while the person is removed or invited anew, it waits for that and is good no more', async () => {
    const link = await invite(api, 'bertram')
    // Whoever removes or invites somebody holds the person first.
    const taking = await catalog().transaction(async (tx) => {
      const { id } = await tx.one(sql<{ id: string }>`select id from catalog.person where name = 'bertram' for update`)
      const racing = openBrowser(api).takeLink(link)
      await untilWaiting(api, 1)
      await tx.run(voidInvitations(id))
      return [racing]
    })
    expectRefused(await taking[0]!, 410, 'INVITATION_INVALID')
    const another = await invite(api, 'bertram', {})
    const removed = await catalog().transaction(async (tx) => {
      await tx.one(sql`select id from catalog.person where name = 'bertram' for update`)
      const racing = openBrowser(api).takeLink(another)
      await untilWaiting(api, 1)
      await tx.run(sql`delete from catalog.person where name = 'bertram'`)
      return [racing]
    })
    expectRefused(await removed[0]!, 410, 'INVITATION_INVALID')
  })

  test('a new one makes the one before worthless, and one that is a day old is', async () => {
    const first = await invite(api, 'carla')
    const second = await invite(api, 'carla', {})
    expectRefused(await openBrowser(api).takeLink(first), 410, 'INVITATION_INVALID')
    await catalog().run(sql`
      update catalog.invitation set expires_at = now() - interval '1 second'
      where person_id = (select id from catalog.person where name = 'carla')`)
    expectRefused(await openBrowser(api).takeLink(second), 410, 'INVITATION_INVALID')
    expect(await api.control.run('user.show', { user: 'carla' })).toMatchObject({ state: 'waiting', invitedUntil: null })
  })

  test('for somebody who is there it is a new password, and all of their sessions end', async () => {
    const before = await newPerson(api, 'dora', 'viewer')
    const link = await invite(api, 'Dora', {})
    expect((await before.call('GET', '/v1/session')).status).toBe(200)
    expect((await openBrowser(api).takeLink(link, 'the second horse of dora')).status).toBe(400)
    expect((await openBrowser(api).takeLink(link, 'the second horse of hers')).status).toBe(201)
    expectRefused(await before.call('GET', '/v1/session'), 401, 'SESSION_ENDED')
    expectRefused(await openBrowser(api).signIn('dora'), 401, 'SIGN_IN_FAILED')
    await expect(api.control.run('user.invite', { name: 'dora', role: 'fleet-admin' })).rejects.toMatchObject({ code: 'USER_EXISTS' })
  })

  test.each([
    ['too short', 'elf letters'],
    ['too long', 'x1y2z'.repeat(41)],
    ['of four characters', 'abcdabcdabcdabcd'],
    ['with half a character', 'a horse \ud800 of letters'],
    ['with NUL', 'a horse \0 of letters'],
  ])('a password that is none: %s', async (what, password) => {
    const link = await invite(api, `emil-${what.replaceAll(' ', '-')}`)
    const reply = await openBrowser(api).takeLink(link, password)
    expectRefused(reply, 400, 'INPUT_INVALID')
    expect(reply.text).not.toContain(password.slice(0, 12))
    expect((await openBrowser(api).takeLink(link)).status).toBe(201)
  })
})

describe('a session', () => {
  test('is a cookie that no script can read, that travels to its own site alone, and that nobody keeps', async () => {
    const link = await invite(api, 'frida')
    const reply = await openBrowser(api).takeLink(link)
    const { id } = api.control.platform
    expect(reply.headers.get('set-cookie')).toMatch(new RegExp(`^tenantry_${id}=tns_[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`))
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(reply.text).not.toContain('tns_')
  })

  test('ends at once when somebody signs out, and the cookie goes', async () => {
    const browser = await newPerson(api, 'gerda', 'viewer')
    const { cookie } = browser
    const out = await browser.call('DELETE', '/v1/session')
    expect(out.status).toBe(204)
    expect(out.headers.get('set-cookie')).toMatch(/=; .*Max-Age=0$/)
    expectRefused(await openBrowser(api).call('GET', '/v1/tenants', { headers: { cookie: cookie! } }), 401, 'SESSION_ENDED')
  })

  test('begins with a token of its own, whatever cookie was there; the one before is over', async () => {
    const browser = await newPerson(api, 'hanna', 'viewer')
    const before = browser.cookie!
    expect((await browser.signIn('hanna')).status).toBe(201)
    expect(browser.cookie).not.toBe(before)
    expectRefused(await openBrowser(api).call('GET', '/v1/session', { headers: { cookie: before } }), 401, 'SESSION_ENDED')
    const planted = openBrowser(api)
    planted.cookie = `tenantry_${api.control.platform.id}=tns_${'p'.repeat(43)}`
    await planted.signIn('hanna')
    expect(planted.cookie).not.toContain('ppp')
    const attacker = openBrowser(api)
    attacker.cookie = `tenantry_${api.control.platform.id}=tns_${'p'.repeat(43)}`
    expectRefused(await attacker.call('GET', '/v1/session'), 401, 'SESSION_ENDED')
  })

  test('ends when it was not used for long, and when it is old; what a page asks by itself is no use', async () => {
    const browser = await newPerson(api, 'ida', 'viewer')
    const set = (column: 'seen_at' | 'ends_at', at: string) =>
      catalog().run(sql`
        update catalog.session set ${ident(column)} = clock_timestamp() + ${at}::interval
        where person_id = (select id from catalog.person where name = 'ida') and ended_at is null`)
    await set('seen_at', '-29 minutes')
    const background = { headers: { 'x-tenantry-background': '1' } }
    expect((await browser.call('GET', '/v1/session', background)).status).toBe(200)
    await set('seen_at', '-31 minutes')
    expectRefused(await browser.call('GET', '/v1/session', background), 401, 'SESSION_ENDED')
    await set('seen_at', '-29 minutes')
    expect((await browser.call('GET', '/v1/tenants')).status).toBe(200)
    const { since } = await catalog().one(sql<{ since: number }>`
      select extract(epoch from clock_timestamp() - seen_at)::float8 as since from catalog.session s
      join catalog.person p on p.id = s.person_id where p.name = 'ida' and s.ended_at is null`)
    expect(since).toBeLessThan(20 * 60)
    await set('ends_at', '-1 second')
    expectRefused(await browser.call('GET', '/v1/tenants'), 401, 'SESSION_ENDED')
  })

  test('of somebody who is disabled ends at once, and they do not sign in again until they are enabled', async () => {
    const browser = await newPerson(api, 'jana', 'fleet-admin')
    await api.control.run('user.disable', { user: 'jana' })
    expectRefused(await browser.call('GET', '/v1/tenants'), 401, 'SESSION_ENDED')
    expectRefused(await openBrowser(api).signIn('jana'), 401, 'SIGN_IN_FAILED')
    await expect(api.control.run('user.invite', { name: 'jana' })).rejects.toMatchObject({ code: 'USER_DISABLED' })
    await api.control.run('user.enable', { user: 'jana' })
    expectRefused(await browser.call('GET', '/v1/tenants'), 401, 'SESSION_ENDED')
    expect((await openBrowser(api).signIn('JANA ')).status).toBe(201)
  })

  test('is one of a list, and can be ended there', async () => {
    const browser = await newPerson(api, 'karl', 'viewer')
    const { data } = (await api.control.run('session.list', {})) as { data: readonly { id: string; user: string }[] }
    const own = (await browser.call('GET', '/v1/session')).body.session.id
    expect(data.find(({ id }) => id === own)).toMatchObject({ user: 'karl', role: 'viewer', address: '127.0.0.1' })
    expect(await api.control.run('session.end', { session: own })).toEqual({ id: own, user: 'karl' })
    expectRefused(await browser.call('GET', '/v1/session'), 401, 'SESSION_ENDED')
  })

  test.each([
    ['no token', ''],
    ['of another form', 'tns_short'],
    ['of nobody', `tns_${'a'.repeat(43)}`],
    ['of 10,000 characters', `tns_${'a'.repeat(10_000)}`],
    ['that is SQL', "tns_' or 1=1 --"],
  ])('a cookie that is none: %s', async (_, value) => {
    const browser = openBrowser(api)
    browser.cookie = `tenantry_${api.control.platform.id}=${value}`
    expectRefused(await browser.call('GET', '/v1/tenants'), 401, 'SESSION_ENDED')
  })

  test('travels by TLS alone where the page that asks for it does, whatever ends TLS in front', async () => {
    await newPerson(api, 'tilda', 'viewer')
    const browser = openBrowser(api)
    const host = new URL(api.url).host
    const json = { name: 'tilda', password: PASSWORD }
    const cookieBy = async (origin: string) =>
      (await browser.call('POST', '/v1/session', { json, headers: { origin } })).headers.get('set-cookie')
    expect(await cookieBy(`https://${host}`)).toMatch(/; HttpOnly; SameSite=Strict; Secure$/)
    expect(await cookieBy(`http://${host}`)).toMatch(/; HttpOnly; SameSite=Strict$/)
  })

  test('of one person there are twenty at most: the oldest ends', async () => {
    const oldest = await newPerson(api, 'sophie', 'viewer')
    await catalog().run(sql`
      insert into catalog.session (id, hash, person_id, begun_at, ends_at)
      select gen_random_uuid(), sha256(('sophie' || n)::bytea), (select id from catalog.person where name = 'sophie'), now() + n * interval '1 ms', now() + interval '1 hour'
      from generate_series(1, 19) n`)
    expect((await oldest.call('GET', '/v1/session')).status).toBe(200)
    const newest = openBrowser(api)
    expect((await newest.signIn('sophie')).status).toBe(201)
    expectRefused(await oldest.call('GET', '/v1/session'), 401, 'SESSION_ENDED')
    expect((await newest.call('GET', '/v1/session')).status).toBe(200)
    const { n } = await catalog().one(sql<{ n: number }>`
      select count(*)::int as n
      from catalog.session s
      join catalog.person p on p.id = s.person_id
      where p.name = 'sophie' and s.ended_at is null`)
    expect(n).toBe(20)
  })

  test('the one that ends is the one that was not used for longest; those that nobody can use any more are not counted', async () => {
    const oldest = await newPerson(api, 'ottilie', 'viewer')
    await catalog().run(sql`
      insert into catalog.session (id, hash, person_id, begun_at, seen_at, ends_at)
      select gen_random_uuid(), sha256((kind || n)::bytea), (select id from catalog.person where name = 'ottilie'), now() + n * interval '1 ms',
             case kind when 'alive' then now() - n * interval '1 min' else now() - interval '2 hours' end, now() + interval '1 hour'
      from generate_series(1, 19) n, unnest(array['alive', 'idle']) kind`)
    expect((await openBrowser(api).signIn('ottilie')).status).toBe(201)
    expect((await oldest.call('GET', '/v1/session')).status).toBe(200)
    const ended = await catalog().rows(sql<{ is19: boolean }>`
      select s.hash = sha256('alive19'::bytea) as is19
      from catalog.session s
      join catalog.person p on p.id = s.person_id
      where p.name = 'ottilie' and s.ended_at is not null`)
    expect(ended).toEqual([{ is19: true }])
  })

  test('two cookies of the name are none: one of them was planted', async () => {
    const browser = await newPerson(api, 'lena', 'viewer')
    const twice = `${browser.cookie}; tenantry_${api.control.platform.id}=tns_${'b'.repeat(43)}`
    expectRefused(await openBrowser(api).call('GET', '/v1/tenants', { headers: { cookie: twice } }), 401, 'SESSION_ENDED')
    const other = `theme=dark; ${browser.cookie}; tenantry_other0=tns_${'b'.repeat(43)}`
    expect((await openBrowser(api).call('GET', '/v1/tenants', { headers: { cookie: other } })).status).toBe(200)
  })

  test('a new password ends the others, and only who knows the old one gets it', async () => {
    const one = await newPerson(api, 'mona', 'viewer')
    const other = openBrowser(api)
    await other.signIn('mona')
    const change = (current: string) => one.call('POST', '/v1/session/password', { json: { current, password: 'the horse of tomorrow' } })
    expectRefused(await change('not the one of now'), 401, 'SIGN_IN_FAILED')
    expect((await change(PASSWORD)).status).toBe(200)
    expect((await one.call('GET', '/v1/session')).status).toBe(200)
    expectRefused(await other.call('GET', '/v1/session'), 401, 'SESSION_ENDED')
    expect((await openBrowser(api).signIn('mona', 'the horse of tomorrow')).status).toBe(201)
    const { key } = await api.key('fleet-admin')
    const byKey = { key, json: { current: PASSWORD, password: 'the horse of a key' } }
    expectRefused(await api.call('POST', '/v1/session/password', byKey), 403, 'SESSION_NEEDED')
    expectRefused(await api.call('DELETE', '/v1/session', { key }), 403, 'SESSION_NEEDED')
  })

  test('a key tells who it is as well', async () => {
    const { id, key } = await api.key('operator')
    expect((await api.call('GET', '/v1/session', { key })).body).toEqual({
      by: 'key',
      actor: `key:${id}`,
      role: 'operator',
      tenant: null,
      csrf: null,
      session: null,
    })
  })
})

test('no password, no link and no cookie is written down: not in the catalog, not in the log, in no answer of anybody else', async () => {
  const [mine, typo] = ['canary-password-4711', 'canary-in-the-name-field']
  const { key } = await api.key('fleet-admin')
  const headers = { 'idempotency-key': 'invite-once' }
  const made = await api.call('POST', '/v1/users', { key, json: { name: 'nora', role: 'fleet-admin' }, headers })
  expect(made.status).toBe(201)
  const again = await api.call('POST', '/v1/users', { key, json: { name: 'nora', role: 'fleet-admin' }, headers })
  expect(again).toMatchObject({ status: 409, body: { code: 'ANSWER_NOT_KEPT' } })
  const invitation = invitationIn(made.body.link)
  const browser = openBrowser(api)
  expect((await browser.takeLink(made.body.link, mine)).status).toBe(201)
  await browser.signIn('nora', mine)
  await browser.signIn(typo, mine)
  await browser.signIn('nora', `${mine} wrong`)
  await browser.call('POST', '/v1/session', { json: { name: 'nora', password: mine, [mine]: 1 } })
  await browser.call('POST', '/v1/session', { body: `{"name":"nora","password":"${mine}"` })
  await browser.call('POST', '/v1/session/password', { json: { current: mine, password: `${mine}-new` } })
  const token = browser.cookie!.split('=')[1]!
  const unknown = openBrowser(api)
  unknown.cookie = browser.cookie
  await unknown.call('GET', `/v1/tenants/${token}`)
  await unknown.call('GET', `/v1/users/${invitation}`, { headers: { 'x-request-id': invitation } })
  const lists = await Promise.all(
    ['/v1/audit?limit=500', '/v1/users', '/v1/sessions', '/v1/events', '/v1/operations'].map((path) => api.call('GET', path, { key })),
  )
  for (const { status } of lists) expect(status).toBe(200)
  for (const secret of [mine, typo, invitation.slice(4), token.slice(4), browser.csrf!]) {
    expect(await tablesWith(api, secret)).toEqual([])
    expect(JSON.stringify(api.log)).not.toContain(secret)
    for (const { text } of lists) expect(text).not.toContain(secret)
  }
  // What was typed in as a name was written down nowhere, and counted all the same.
  const names = await catalog().rows(sql<{ actor: string; fault: string | null; address: string }>`
    select actor, fault, after ->> 'address' as address
    from catalog.audit
    where operation = 'session.begin' and actor in ('user:?', 'user:nora') order by id desc limit 3`)
  expect(names).toEqual([
    { actor: 'user:nora', fault: 'SIGN_IN_FAILED', address: '127.0.0.1' },
    { actor: 'user:?', fault: 'SIGN_IN_FAILED', address: '127.0.0.1' },
    { actor: 'user:nora', fault: null, address: '127.0.0.1' },
  ])
})
