import { expect } from 'vitest'
import type { Role } from '../../src/catalog/keys.js'
import { sql } from '../../src/kernel/sql.js'
import { type Api, type CallOptions, type Reply, send } from '../api/api-server.js'

export const PASSWORD = 'a horse that is 4 batteries long'

/** What a page of the console has: a jar for the cookie, and what is sent along with changes. */
export interface Browser {
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>
  readonly signIn: (name: string, password?: string) => Promise<Reply>
  readonly takeLink: (link: string, password?: string) => Promise<Reply>
  /** As the browser would send it. */
  cookie: string | undefined
  csrf: string | undefined
}

export const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' } as const

export const invitationIn = (link: string): string => link.split('#invitation=')[1] ?? expect.fail(`no invitation in ${link}`)

export function openBrowser({ url }: Pick<Api, 'url'>): Browser {
  const browser: Browser = {
    cookie: undefined,
    csrf: undefined,
    call: async (method, path, options = {}) => {
      const headers = {
        ...SAME_ORIGIN,
        ...(browser.cookie === undefined ? {} : { cookie: browser.cookie }),
        ...(browser.csrf === undefined || method === 'GET' ? {} : { 'x-tenantry-csrf': browser.csrf }),
        ...options.headers,
      }
      const reply = await send(url, method, path, { ...options, headers })
      const set = reply.headers.get('set-cookie')
      if (set !== null) browser.cookie = set.includes('Max-Age=0') ? undefined : set.split(';')[0]
      if (reply.body?.csrf !== undefined) browser.csrf = reply.body.csrf
      return reply
    },
    signIn: (name, password = PASSWORD) => browser.call('POST', '/v1/session', { json: { name, password } }),
    takeLink: (link, password = PASSWORD) =>
      browser.call('POST', '/v1/session/password', { json: { invitation: invitationIn(link), password } }),
  }
  return browser
}

export async function invite(api: Api, name: string, more: Readonly<Record<string, unknown>> = { role: 'viewer' }): Promise<string> {
  return ((await api.control.run('user.invite', { name, ...more })) as { link: string }).link
}

/** Somebody new, signed in; of this name there may have been one in a try before this one. */
export async function newPerson(api: Api, name: string, role: Role, tenant?: string): Promise<Browser> {
  await api.control.platform.catalog.run(sql`delete from catalog.person where name = ${name}`)
  const browser = openBrowser(api)
  const reply = await browser.takeLink(await invite(api, name, { role, ...(tenant === undefined ? {} : { tenant }) }))
  expect(reply.status).toBe(201)
  return browser
}

/** It is a problem of this code, and says nothing of the inside. */
export function expectRefused(reply: Reply, status: number, code: string): void {
  expect({ status: reply.status, code: reply.body?.code }).toEqual({ status, code })
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.text).not.toMatch(/node_modules|\.[jt]s:\d+|select .+ from|tn[is]_[\w-]{16}/)
}
