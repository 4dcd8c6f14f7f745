import { describe, expect, test } from 'vitest'
import { parseUrl } from './connection.js'
import { connectionFault } from './errors.js'
import { checkSupported, unsafeMinor, versionText } from './version.js'

const attempt = (url: string): string => {
  try {
    parseUrl(url, 'the url')
    return 'fine'
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`
  }
}

describe('connection strings', () => {
  test('become fields', () => {
    expect(parseUrl('postgres://ann:p%40ss@db.example.org:6432/shop?sslmode=verify-full', 'x')).toEqual({
      host: 'db.example.org',
      port: 6432,
      user: 'ann',
      password: 'p@ss',
      database: 'shop',
      tls: 'verify-full',
    })
    expect(parseUrl('postgresql://ann@[::1]', 'x')).toEqual({
      host: '::1',
      port: 5432,
      user: 'ann',
      password: undefined,
      database: 'ann',
      tls: 'disable',
    })
  })

  test('what could change who we are or where we land is refused, and the password is never repeated', () => {
    for (const bad of [
      '',
      'canary-secret',
      'mysql://a:canary-secret@h/d',
      'postgres://a:canary-secret@h1,h2/d',
      'postgres://a:canary-secret@/d',
      'postgres://:canary-secret@h/d',
      'postgres://a:canary-secret@h/d?options=-crole=x',
      'postgres://a:canary-secret@h/d?service=s',
      'postgres://a:canary-secret@h/d?host=/tmp',
      'postgres://a:canary-secret@h/d?sslmode=allow',
      'postgres://a:canary-secret@%2Ftmp/d',
    ]) {
      expect(attempt(bad)).toMatch(/^INPUT_INVALID the url /)
      expect(attempt(bad)).not.toContain('canary-secret')
    }
  })
})

test.each([
  [{ code: 'CERT_HAS_EXPIRED' }, 'TLS_REFUSED', 'its certificate has expired'],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'TLS_REFUSED', 'its certificate is self-signed'],
  [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'TLS_REFUSED', 'its certificate comes from an authority that is not known here'],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'TLS_REFUSED', 'its certificate is for another host'],
  [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'TLS_REFUSED', 'the handshake failed'],
  [{ code: 'EINVAL', syscall: 'getaddrinfo' }, 'SERVER_UNREACHABLE', 'EINVAL'],
  [{ code: 'EACCES', syscall: 'connect' }, 'SERVER_UNREACHABLE', 'EACCES'],
])('an error of connecting, %j, is %s: %s', (facts, code, reason) => {
  const error = Object.assign(new Error('its own words'), facts)
  expect(connectionFault(error, 'h:1')).toMatchObject({ code, facts: { server: 'h:1', reason } })
})

describe('versions', () => {
  test('15 to 18 are supported, others are not', () => {
    for (const version of [150_000, 160_014, 170_010, 180_004]) expect(() => checkSupported(version, 'x')).not.toThrow()
    for (const version of [90_624, 140_025, 190_000]) expect(() => checkSupported(version, 'x')).toThrow(/is not supported/)
  })

  test('a server below the safe minor is told which one is', () => {
    expect([150_018, 150_020, 160_014, 160_016, 180_004, 180_007].map(unsafeMinor)).toEqual([
      '15.20',
      undefined,
      '16.16',
      undefined,
      '18.7',
      undefined,
    ])
    expect(versionText(150_018)).toBe('15.18')
  })
})
