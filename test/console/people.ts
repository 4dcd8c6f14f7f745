import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { setPassword } from '../../src/catalog/people.js'
import { sql } from '../../src/kernel/sql.js'
import { passwordsAt } from '../../src/server/people/password.js'
import { openPage } from '../support/browser.js'
import type { Rig } from './rig.js'

export const PASSWORD = 'a horse that is 4 batteries long'

// What a browser says of every answer that is no success.
export const REFUSED = [/status of 401/, /status of 403/, /status of 410/, /status of 429/, /status of 400/]

/** Somebody who has this password, which costs little to look at: those who choose one by a link pay for it, and so does every sign-in after that. */
export async function newcomer(rig: Rig, name: string, more: object = {}): Promise<void> {
  const { catalog } = rig.fleet.platform
  // Of a try before this one.
  await catalog.run(sql`delete from catalog.person where name = ${name}`)
  await rig.fleet.run('user.invite', { name, role: 'viewer', shownAs: `The ${name}`, ...more })
  const { id } = await catalog.one(sql<{ id: string }>`select id from catalog.person where name = ${name}`)
  await catalog.run(setPassword(id, await passwordsAt({ N: 2 ** 4, r: 8, p: 1 }).hash(PASSWORD)))
}

/** Their page, signed in without the form. */
export async function openAs(rig: Rig, name: string, path: string): Promise<Page> {
  const page = await openPage({ url: rig.url, expects: REFUSED })
  const { headers } = await post(rig, '/v1/session', { name, password: PASSWORD }, 201)
  const [, cookie, value] = /^([^=]+)=([^;]+)/.exec(headers.get('set-cookie')!)!
  await page.context().addCookies([{ name: cookie!, value: value!, url: rig.url, httpOnly: true, sameSite: 'Strict' }])
  await page.goto(path)
  return page
}

export async function post(rig: Rig, path: string, json: object, status: number): Promise<Response> {
  const response = await fetch(`${rig.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json),
  })
  expect(response.status).toBe(status)
  return response
}
