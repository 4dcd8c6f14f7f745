import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, send, startApi } from '../api/api-server.js'
import { type Browser, expectRefused, invite, newPerson, PASSWORD } from './browser.js'

let api: Api
let browser: Browser
beforeAll(async () => {
  api = await startApi({ cluster: false })
  browser = await newPerson(api, 'anna', 'fleet-admin')
})
afterAll(() => api.close())

const own = () => api.url
/** A change that would do nothing but answer, if it were let through. */
const change = (headers: Readonly<Record<string, string>>) =>
  send(api.url, 'DELETE', '/v1/keys/7c9e6679-7425-40de-944b-e07fc1f90ae7', { headers: { cookie: browser.cookie!, ...headers } })

describe('a change in a session', () => {
  const token = () => ({ 'x-tenantry-csrf': browser.csrf! })

  test.each([
    ['of this origin', () => ({ 'sec-fetch-site': 'same-origin' })],
    ['of this origin, from a browser that says it by Origin alone', () => ({ origin: own() })],
    ['of this origin, behind what ends TLS', () => ({ origin: own().replace('http:', 'https:') })],
  ])('goes through with its token, from a page %s', async (_, headers) => {
    expectRefused(await change({ ...token(), ...headers() }), 404, 'KEY_NOT_FOUND')
  })

  test.each([
    ['without a token', () => ({ 'sec-fetch-site': 'same-origin' })],
    ['with an empty token', () => ({ 'sec-fetch-site': 'same-origin', 'x-tenantry-csrf': '' })],
    ['with the token of another session', () => ({ 'sec-fetch-site': 'same-origin', 'x-tenantry-csrf': 'A'.repeat(43) })],
    ['with the cookie as its token', () => ({ 'sec-fetch-site': 'same-origin', 'x-tenantry-csrf': browser.cookie!.split('=')[1]! })],
    ['from another port of the same host', () => ({ ...token(), 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:9' })],
    ['from another site', () => ({ ...token(), 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })],
    ['from another site that writes our Origin', () => ({ ...token(), 'sec-fetch-site': 'cross-site', origin: own() })],
    ['typed in by somebody', () => ({ ...token(), 'sec-fetch-site': 'none' })],
    ['from a browser that says by Origin that it is another', () => ({ ...token(), origin: 'https://evil.example' })],
    ['from a page without an origin', () => ({ ...token(), origin: 'null' })],
    ['from nowhere', () => token()],
  ])('is refused %s', async (_, headers) => {
    const before = api.log.length
    expectRefused(await change(headers()), 403, 'REQUEST_FORGED')
    expect(api.log.length).toBeGreaterThan(before)
  })

  test('with a key needs none of this, and the cookie is not looked at', async () => {
    const { key } = await api.key('viewer')
    const asked = await send(api.url, 'DELETE', '/v1/keys/7c9e6679-7425-40de-944b-e07fc1f90ae7', {
      key,
      headers: { cookie: browser.cookie!, 'sec-fetch-site': 'cross-site' },
    })
    expectRefused(asked, 403, 'KEY_FORBIDDEN')
    const cookieOfNobody = { cookie: browser.cookie!.replace(/tns_.*/, `tns_${'x'.repeat(43)}`) }
    expect((await send(api.url, 'GET', '/v1/tenants', { key, headers: cookieOfNobody })).status).toBe(200)
    expectRefused(
      await send(api.url, 'GET', '/v1/tenants', { headers: { cookie: browser.cookie!, authorization: 'Bearer tny_none' } }),
      401,
      'KEY_INVALID',
    )
  })

  test('what a proxy asks for in front of us does not keep a session out', async () => {
    const headers = { cookie: browser.cookie!, authorization: 'Basic dXNlcjpwYXNz' }
    expect((await send(api.url, 'GET', '/v1/tenants', { headers })).status).toBe(200)
  })
})

describe('nobody is signed in by a page of another origin', () => {
  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { origin: 'https://evil.example' }],
  ])('%s', async (_, headers) => {
    const json = { name: 'anna', password: PASSWORD }
    const reply = await send(api.url, 'POST', '/v1/session', { json, headers })
    expectRefused(reply, 403, 'REQUEST_FORGED')
    expect(reply.headers.get('set-cookie')).toBeNull()
    const link = await invite(api, 'anna', {})
    const taken = await send(api.url, 'POST', '/v1/session/password', {
      json: { invitation: link.split('=')[1], password: 'the horse of an attacker' },
      headers,
    })
    expectRefused(taken, 403, 'REQUEST_FORGED')
  })

  test('a form cannot send what is taken, and nothing is allowed across origins', async () => {
    const body = 'name=anna&password=x'
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
    expectRefused(await send(api.url, 'POST', '/v1/session', { body, headers: form }), 415, 'MEDIA_TYPE')
    const asked = await send(api.url, 'OPTIONS', '/v1/session', { headers: { origin: 'https://evil.example' } })
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
  })
})
