import { describe, expect, test } from 'vitest'
import { parseUrl, tlsParameters } from './connection.js'
import { connectionFault } from './errors.js'
import { poolerHoles } from './pooler-holes.js'
import { holesOf } from './server-holes.js'
import type { Transport } from './transport.js'
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
  [{ code: 'CERT_HAS_EXPIRED' }, 'CERTIFICATE_EXPIRED', 'its certificate has expired'],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'CERTIFICATE_UNTRUSTED', 'its certificate is self-signed'],
  [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'CERTIFICATE_UNTRUSTED', 'its certificate comes from an authority that is not known here'],
  [{ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }, 'TLS_REFUSED', 'it wants a certificate of ours (sslcert and sslkey)'],
  [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'TLS_REFUSED', 'the handshake failed'],
  [{ code: 'EINVAL', syscall: 'getaddrinfo' }, 'SERVER_UNREACHABLE', 'EINVAL'],
  [{ code: 'EACCES', syscall: 'connect' }, 'SERVER_UNREACHABLE', 'EACCES'],
])('an error of connecting, %j, is %s: %s', (facts, code, reason) => {
  const error = Object.assign(new Error('its own words'), facts)
  expect(connectionFault(error, 'h:1')).toMatchObject({ code, facts: { server: 'h:1', reason } })
})

test('a certificate for another host says for whom it is', () => {
  const cert = { subject: { CN: 'x' }, subjectaltname: 'DNS:db.example.org, IP Address:10.0.0.1' }
  const error = Object.assign(new Error('its own words'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', cert })
  expect(connectionFault(error, 'h:1')).toMatchObject({ code: 'CERTIFICATE_NAME', facts: { names: 'db.example.org, 10.0.0.1' } })
})

describe('on the way to other machines', () => {
  const mode = (url: string, transport: Transport = {}): string => {
    try {
      return parseUrl(url, 'the url', transport).tls
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  test.each([
    ['db.example.org/x', 'verify-full'],
    ['db.example.org/x?sslmode=verify-full', 'verify-full'],
    ['db.example.org/x?sslmode=verify-ca', 'TLS_REQUIRED'],
    ['db.example.org/x?sslmode=require', 'TLS_REQUIRED'],
    ['db.example.org/x?sslmode=prefer', 'TLS_REQUIRED'],
    ['10.0.0.1/x?sslmode=disable', 'TLS_REQUIRED'],
    ['localhost.example.org/x?sslmode=disable', 'TLS_REQUIRED'],
    ['127.example.org/x?sslmode=disable', 'TLS_REQUIRED'],
    ['[::1]/x', 'disable'],
    ['127.0.0.2/x?sslmode=prefer', 'disable'],
    ['localhost/x?sslmode=verify-full', 'verify-full'],
  ])('%s is %s', (rest, expected) => {
    expect(mode(`postgres://a:b@${rest}`)).toBe(expected)
  })

  test('a host that is named may do with less, but may not choose', () => {
    const transport = { unverifiedHosts: ['db', '*.vpn.example.org'] }
    expect(mode('postgres://a@db/x?sslmode=disable', transport)).toBe('disable')
    expect(mode('postgres://a@DB/x?sslmode=require', transport)).toBe('require')
    expect(mode('postgres://a@one.vpn.example.org/x?sslmode=verify-ca', transport)).toBe('verify-ca')
    expect(mode('postgres://a@vpn.example.org/x?sslmode=disable', transport)).toBe('TLS_REQUIRED')
    expect(mode('postgres://a@db/x?sslmode=prefer', transport)).toBe('INPUT_INVALID')
    expect(mode('postgres://a@db/x', transport)).toBe('verify-full')
    expect(mode('postgres://a@elsewhere/x?sslmode=disable', { unverifiedHosts: ['*'] })).toBe('disable')
  })

  test('PGSSLMODE speaks where the string does not', () => {
    expect(mode('postgres://a@db/x', { sslmode: 'require' })).toBe('TLS_REQUIRED')
    expect(mode('postgres://a@localhost/x', { sslmode: 'verify-full' })).toBe('verify-full')
    expect(mode('postgres://a@localhost/x?sslmode=disable', { sslmode: 'verify-full' })).toBe('disable')
  })

  test('another string can be written that says the same of TLS', () => {
    const again = (url: string, transport?: Transport) => tlsParameters(parseUrl(url, 'it', transport))
    expect(again('postgres://a@localhost/x')).toEqual([])
    expect(again('postgres://a@db/x')).toEqual(['sslmode=verify-full'])
    expect(again('postgres://a@db/x?sslrootcert=system')).toEqual(['sslmode=verify-full', 'sslrootcert=system'])
    expect(again('postgres://a@db/x?sslmode=disable', { unverifiedHosts: ['db'] })).toEqual(['sslmode=disable'])
  })

  test('an authority that cannot be read is not taken for none', () => {
    for (const file of ['/absent.pem', '/dev/null', import.meta.filename])
      expect(mode(`postgres://a@db/x?sslrootcert=${file}`)).toBe('INPUT_INVALID')
    expect(mode('postgres://a@db/x?sslrootcert=system')).toBe('verify-full')
    expect(mode('postgres://a@db/x?sslcert=/absent.crt')).toBe('INPUT_INVALID')
  })
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

  test('a server is told which holes it has, and which of them a wall stops', () => {
    const hardened = { hardened: true, extensions: [] }
    const { open, stopped } = holesOf(150_018, hardened)
    expect(open).toEqual(expect.arrayContaining(['CVE-2026-116327']))
    expect(stopped).toEqual(expect.arrayContaining(['CVE-2026-120154', 'CVE-2026-116311', 'CVE-2026-16237', 'CVE-2026-14666']))
    expect([...open, ...stopped]).not.toContain('CVE-2026-6479')
    expect(holesOf(150_020, hardened)).toEqual({ open: [], stopped: [] })
    expect(holesOf(180_007, hardened)).toEqual({ open: [], stopped: [] })
    // No hole that a major never had.
    expect(holesOf(180_000, hardened).open).not.toContain('CVE-2023-5869')
  })

  test('without walls a hole is open that they would stop, and one of an extension only where it is', () => {
    expect(holesOf(180_004, { hardened: true, extensions: [] }).stopped).toContain('CVE-2026-14669')
    expect(holesOf(180_004, { hardened: false, extensions: [] }).open).toContain('CVE-2026-14669')
    expect(holesOf(180_004, { hardened: true, extensions: [] }).open).not.toContain('CVE-2026-14678')
    expect(holesOf(180_004, { hardened: true, extensions: ['pg_trgm'] }).open).toContain('CVE-2026-14678')
  })

  test('a pooler is told the holes of its version that matter with its settings', () => {
    const ids = (version: string, settings?: Readonly<Record<string, string>>) =>
      poolerHoles(version, settings && new Map(Object.entries(settings))).map(({ id }) => id)
    const ours = { auth_user: 'tny_aaaaaa_pooler', auth_query: 'SELECT login, verifier FROM tenantry_pooler.login_v1($1)' }
    expect(ids('1.26.1')).toEqual([])
    expect(ids('1.25.1')).not.toContain('CVE-2025-12819')
    expect(ids('1.18.0')).toEqual(['CVE-2025-2291', 'CVE-2026-6664', 'CVE-2026-6665', 'CVE-2026-6666', 'CVE-2026-107350'])
    expect(ids('1.25.0', { ...ours, track_extra_parameters: 'IntervalStyle, search_path', server_tls_sslmode: 'verify-full' })).toEqual([
      'CVE-2026-6664',
      'CVE-2026-107350',
    ])
    expect(ids('1.24.0', { auth_user: 'asks', track_extra_parameters: 'search_path', stats_users: 'me' })).toEqual(
      expect.arrayContaining(['CVE-2025-2291', 'CVE-2025-12819', 'CVE-2026-6667']),
    )
    expect(ids('1.26.0', { ignore_startup_parameters: 'extra_float_digits' })).toContain('CVE-2026-107349')
    expect(ids('1.26.0', { ignore_startup_parameters: 'extra_float_digits, options' })).not.toContain('CVE-2026-107349')
  })
})
