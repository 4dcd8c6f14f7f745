import assert from 'node:assert/strict'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { renderCsv } from '../../src/cli/csv.js'
import { isBlank, oneStatement, splitStatements } from '../../src/cli/sql-split.js'
import { checkConfig } from '../../src/engine/config.js'
import { readCursor, writeCursor } from '../../src/engine/paging.js'
import { isDay, isDuration, milliseconds } from '../../src/kernel/durations.js'
import { type FaultCode, fault, isFault } from '../../src/kernel/faults.js'
import { base32, checkId, checkSlug, checkTenantRef } from '../../src/kernel/identifiers.js'
import { parseStrictJson } from '../../src/kernel/strict-json.js'
import { didYouMean } from '../../src/kernel/suggest.js'
import { checkDomain } from '../../src/operations/domain/row.js'
import { parseUrl } from '../../src/postgres/connection.js'

// Every parser of what others write: for any text it answers a value that reads the same again, or one of its own faults. Never anything else, never late.
const RUNS = 7_000
const LATE_MS = 1_000
let cases = 0

/** What a parser makes of an input: its value, or undefined for one of these faults. Anything else is thrown on. */
function parsed<T>(parse: () => T, ...codes: readonly FaultCode[]): T | undefined {
  cases++
  const begun = performance.now()
  try {
    return parse()
  } catch (error) {
    if (!isFault(error, ...codes)) throw error
    assert.ok(error.message !== '' && error.remedy !== '')
    return undefined
  } finally {
    assert.ok(performance.now() - begun < LATE_MS, 'it took too long')
  }
}

const check = <T>(inputs: fc.Arbitrary<T>, holds: (input: T) => void): void =>
  fc.assert(
    fc.property(inputs, (input) => {
      holds(input)
    }),
    { numRuns: RUNS },
  )

/** Mostly text of these pieces, which comes near to being right; the rest is anything, halves of surrogate pairs as well. */
const near = (...pieces: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 24 }).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
    {
      weight: 1,
      arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
    },
  )

/** One character of a text replaced, added or taken away. */
const altered = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(texts, fc.nat(), fc.nat({ max: 1 }), fc.string({ maxLength: 1 })).map(([text, at, cut, put]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + put + text.slice(place + cut)
  })

const moments = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 23).replace('T', ' ')}+00`)
const texts = fc
  .oneof(near('acme', '|', 'Zoë', '\n', '2026-01-01 00:00:00+00'), fc.string({ unit: 'grapheme', maxLength: 60 }))
  .filter((text) => text.isWellFormed() && text.length <= 400 && !text.includes('\0'))
const numbers = fc.bigInt({ min: -999_999_999_999_999_999n, max: 999_999_999_999_999_999n }).map(String)
const ids = fc.oneof(fc.uuid(), fc.bigInt({ min: 0n, max: 999_999_999_999_999_999n }).map(String), fc.constant('000001-0123456789abcdef'))

describe('any text is read, or refused with a fault of its own', () => {
  test('slugs', () => {
    check(near('a', 'Z', '0', '-', 'acme', '--', ' ', 'é', '\0', 'deadbeef-0000-4000'), (text) => {
      const slug = parsed(() => checkSlug(text), 'SLUG_INVALID')
      if (slug !== undefined) assert.ok(slug === text && slug.length < 40 && /^[a-z][a-z0-9-]*[a-z0-9]$/.test(slug))
    })
  })

  test('ids, and references to tenants', () => {
    check(
      fc.oneof(
        altered(fc.uuid()),
        fc.uuid().map((id) => id.toUpperCase()),
        near('a1b2', '-', 'G', '{'),
      ),
      (text) => {
        const id = parsed(() => checkId(text, 'key'), 'ID_INVALID')
        if (id !== undefined) assert.equal(base32(Buffer.from(id.replaceAll('-', ''), 'hex')).length, 26)
        assert.equal(parsed(() => checkTenantRef(text), 'SLUG_INVALID') ?? text, text)
      },
    )
  })

  test('cursors: of one that was handed out, every change is noticed', () => {
    for (const [kind, ats] of [
      ['moment', moments],
      ['text', texts],
      ['number', numbers],
    ] as const) {
      check(fc.record({ at: ats, id: ids }), (position) => {
        assert.deepEqual({ ...parsed(() => readCursor(writeCursor(position, 'a'), 'a', kind)) }, { ...position })
        assert.equal(
          parsed(() => readCursor(writeCursor(position, 'a'), 'b', kind), 'INPUT_INVALID'),
          undefined,
        )
      })
    }
    // One that was made by whoever knows how, of anything: what is let through is what PostgreSQL reads.
    check(
      fc.record({ at: fc.oneof(texts, near('\0', '2026-02-31 00:00:00+00', '1', '-', '99:99')), id: fc.oneof(ids, near('1', 'a', '-')) }),
      (position) => {
        const found = parsed(() => readCursor(writeCursor(position, 'a'), 'a', 'text'), 'INPUT_INVALID')
        if (found !== undefined) assert.ok(!found.at.includes('\0') && found.at.isWellFormed() && /^[0-9a-f-]+$/.test(found.id))
        const number = parsed(() => readCursor(writeCursor(position, 'a'), 'a', 'number'), 'INPUT_INVALID')
        if (number !== undefined) assert.equal(String(BigInt(number.at)), number.at)
        const moment = parsed(() => readCursor(writeCursor(position, 'a'), 'a'), 'INPUT_INVALID')
        if (moment !== undefined) assert.ok(!Number.isNaN(Date.parse(moment.at.slice(0, 10))))
      },
    )
    const cursor = writeCursor({ at: '2026-11-21 09:19:57.364959+00', id: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }, 'a')
    check(fc.oneof(altered(fc.constant(cursor)), fc.base64String(), near('|', '2026-01-01', 'MjAy')), (text) => {
      if (text !== cursor)
        assert.equal(
          parsed(() => readCursor(text, 'a'), 'INPUT_INVALID'),
          undefined,
        )
    })
  })

  test('durations and days', () => {
    check(near('0', '5', '99999', '-', '.', 'ms', 's', 'min', 'h', 'd', ' ', 'e'), (text) => {
      const ms = parsed(() => milliseconds(text), 'INPUT_INVALID')
      assert.equal(ms !== undefined, isDuration(text))
      // PostgreSQL and Date take what is let through.
      if (ms !== undefined) assert.ok(new Date(Date.UTC(2026, 0) + ms).getTime() > 0)
    })
    check(near('2026', '0000', '-', '02', '31', '13', '00', '-02-', '-31'), (text) => {
      if (parsed(() => isDay(text))) assert.equal(new Date(text).toISOString().slice(0, 10), text)
    })
  })

  test('connection strings, of which no fault repeats the password', () => {
    const urls = near(
      'postgres://',
      'u',
      ':',
      'canary',
      '%40',
      '%zz',
      '%00',
      '@',
      'h',
      '[::1]',
      ',',
      '/',
      'x',
      '?',
      'sslmode',
      '=',
      'require',
      '&',
      '#',
      '5432',
      '65536',
      ' ',
    )
    check(fc.oneof(urls, altered(fc.constant('postgres://u:canary@h:5432/x?sslmode=require'))), (text) => {
      const config = parsed(
        () => {
          try {
            return parseUrl(text, 'it')
          } catch (error) {
            if (!/sslmode=[^;]*canary|parameter "[^"]*canary/.test((error as Error).message))
              assert.ok(!(error as Error).message.includes('canary'))
            throw error
          }
        },
        'INPUT_INVALID',
        'TLS_REQUIRED',
      )
      if (config === undefined) return
      const { host, port, user, password, database, tls } = config
      assert.ok(port > 0)
      const at = `${host.includes(':') ? `[${host}]` : host}:${port}`
      const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
      assert.deepEqual(
        parseUrl(`postgres://${encodeURIComponent(user)}${secret}@${at}/${encodeURIComponent(database)}?sslmode=${tls}`, 'it'),
        config,
      )
    })
  })

  test('configurations', () => {
    const texts = near('t_', '{id}', '{number:4}', 'env:', 'X', 'file:a', 'shared', 'tenant_id', '15s', '10.0.0.2', ':53')
    const strange = fc.oneof(texts, fc.anything({ maxDepth: 1, withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }))
    /** Mostly what is right there. */
    const field = (...right: readonly unknown[]) =>
      fc.oneof({ weight: 60, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: strange })
    const objects = fc.record(
      {
        catalog: fc.oneof(
          { weight: 12, arbitrary: fc.record({ url: field('env:X', 'file:a'), database: field('a_catalog') }, { requiredKeys: [] }) },
          { weight: 1, arbitrary: strange },
        ),
        tenantColumn: field('tenant_id', 'shop'),
        isolation: field('shared', 'schema', 'database', undefined),
        migrations: field('migrations', '/elsewhere', 'ä b'),
        extensions: field([], ['citext', 'btree_gist'], ['dblink']),
        naming: field({}, { schema: 'tenant_{number:4}' }, { database: 'x_{id}_{number}' }, { schema: 'pg_{id}' }),
        services: field({}, {}, {}, { billing: 'services/billing' }, { billing: 'services/billing' }, { tenant: 'x' }),
        seeds: field(undefined, undefined, 'first-rows', 'first-rows', 'elsewhere/rows', ''),
        hidden: field({}, { users: ['password'] }),
        dns: field([], ['10.0.0.2', '[2001:db8::1]:53'], ['10.0.0.2:0']),
        unverifiedHosts: field([], ['db.internal'], ['*'], ['*.vpn', '10.0.0.1']),
        lease: field('15s', '500ms', '60min', '61min'),
        tiers: field(
          {},
          { gold: { isolation: 'schema', statementTimeout: '5min', connections: 20 } },
          { silver: { lockTimeout: '100ms' } },
        ),
        limits: field({}, { idleTimeout: '30s', lockTimeout: '2s' }),
        watchdog: field('act', 'tell', 'off'),
        api: field({}, { trustProxy: 2 }),
        console: field(
          {},
          { url: 'https://console.example', idle: '10min' },
          { absolute: '8h' },
          { url: 'https://c.example', oidc: { issuer: 'https://l.example', clientId: 'x', roles: { a: 'viewer' } } },
          { url: 'https://a.example/b' },
        ),
        collect: field({}, { samples: 'off' }, { samples: 'on', topTenants: 10 }),
        webhooks: field({}, { secret: 'env:W' }, { allow: ['10.1.0.0/16', '::1'] }),
        pace: field({}, { replicaLag: 'off', commitLatency: '200ms' }, { walRate: '64MB', connections: 50 }),
        lint: field({}, { since: '20260101000000' }, { rules: { 'drop-column': 'off' } }),
        archives: field(
          {},
          { store: { folder: 'kept' }, copies: [{ s3: { bucket: 'abc', prefix: 'x/y', accessKey: 'env:A', secretKey: 'env:B' } }] },
          { keys: { provider: { secrets: ['env:M', 'file:m'] }, store: { folder: 'keys' }, copies: [{ folder: '/mnt/keys' }] } },
          { keys: { provider: { secrets: ['env:M'] }, store: { folder: 'archives' } } },
          { certificateKey: 'file:certificates.pem' },
          { compression: 'none' },
        ),
      },
      { requiredKeys: ['catalog'] },
    )
    let right = 0
    check(fc.oneof({ weight: 4, arbitrary: objects }, { weight: 1, arbitrary: fc.anything() }), (found) => {
      const config = parsed(() => checkConfig(found, '/folder', 'tenantry.config.ts'), 'CONFIG_INVALID')
      if (config === undefined) return
      right++
      assert.ok(Object.isFrozen(config))
      const { folder: _, leaseMs, tenantColumn, seeds, tiers, limits, transport, pace, lint, archives, console: people, ...rest } = config
      // As the file says them: names without the unit, times with it, and nothing where nothing is said.
      const written = (times: object) =>
        Object.fromEntries(
          Object.entries(times)
            .filter(([, value]) => value !== null)
            .map(([name, value]) => (name.endsWith('Ms') ? [name.slice(0, -2), `${value}ms`] : [name, value])),
        )
      const again = {
        ...rest,
        lease: `${leaseMs}ms`,
        unverifiedHosts: transport.unverifiedHosts,
        limits: written(limits),
        console: {
          ...written(people),
          ...(people.oidc === null ? {} : { oidc: Object.fromEntries(Object.entries(people.oidc).filter(([, value]) => value !== null)) }),
        },
        pace: {
          replicaLag: pace.replicaLagMs === undefined ? 'off' : `${pace.replicaLagMs}ms`,
          walRate: pace.walBytesPerS === undefined ? 'off' : `${pace.walBytesPerS / 1024 ** 2}MB`,
          commitLatency: pace.commitMs === undefined ? 'off' : `${pace.commitMs}ms`,
          connections: pace.connections,
        },
        archives: Object.fromEntries(Object.entries(archives).filter(([, value]) => value !== undefined)),
        lint: { rules: lint.rules, ...(lint.since === undefined ? {} : { since: lint.since }) },
        tiers: Object.fromEntries(Object.entries(tiers).map(([name, tier]) => [name, written(tier)])),
        ...(seeds.named ? { seeds: seeds.path } : {}),
        ...(tenantColumn === null ? {} : { tenantColumn }),
      }
      assert.deepEqual(checkConfig(again, '/folder', 'tenantry.config.ts'), config)
    })
    // About one in seven; the others show that nothing wrong gets through, these that what is right does.
    expect(right).toBeGreaterThan(RUNS / 12)
  })

  test('strict JSON', () => {
    const refuse = (reason: string) => fault('BODY_INVALID', { reason })
    const pieces = near('{', '}', '[', ']', '"a"', '"b"', ':', ',', '1', '1e400', '-0', 'null', '\\u0061', '"__proto__"', '\ufeff', ' ')
    check(
      fc.oneof(
        pieces,
        fc.json(),
        altered(fc.json()),
        fc.object().map((value) => JSON.stringify(value)),
      ),
      (text) => {
        const value = parsed(() => parseStrictJson(text, refuse), 'BODY_INVALID')
        if (value !== undefined) assert.deepEqual(value, JSON.parse(text))
      },
    )
  })

  test('statements of the shell: nothing is lost, and none is cut in a string', () => {
    const pieces = ['select 1', ';', "'", '"', "E'", '\\', '--', '\n', '/*', '*/', '$$', '$a$', 'a', '$', ' ']
    check(near(...pieces), (text) => {
      const split = parsed(() => splitStatements(text))!
      assert.ok(split.rest.length + split.statements.join('').length <= text.length)
      assert.ok(text.endsWith(split.rest))
      for (const statement of split.statements) assert.deepEqual(splitStatements(statement).statements, [])
      const one = parsed(() => oneStatement(text), 'INPUT_INVALID')
      if (one !== undefined) assert.ok(!isBlank(one))
    })
    parsed(() => splitStatements('/*'.repeat(200_000)))
    parsed(() => splitStatements("$a$'".repeat(200_000)))
  })

  test('domains', () => {
    check(near('shop', '.', 'example', 'com', '-', '*', 'xn--', ':80', 'ü', '/', '@', '127', ' '), (text) => {
      const domain = parsed(() => checkDomain(text), 'DOMAIN_INVALID')
      if (domain !== undefined) assert.equal(checkDomain(domain), domain)
    })
  })

  test('what was meant', () => {
    check(near('tenant', 'cluster', ' ', 'list', '-', 'x'), (text) => {
      assert.match(parsed(() => didYouMean(text, ['tenant', 'cluster', 'list']))!, /^(; did you mean "(tenant|cluster|list)"\?)?$/)
    })
    parsed(() => didYouMean('x'.repeat(10_000_000), ['tenant']))
  })

  test('cells of CSV, of which none is a formula', () => {
    check(near('=', '+', '-', '@', '\t', '"', ',', '\r', '\n', '1', 'a'), (text) => {
      const line = parsed(() => renderCsv([{ a: text }], ['a']))!.slice(2)
      const cell = line.startsWith('"') ? line.slice(1, -2).replaceAll('""', '"') : line.slice(0, -1)
      assert.ok(cell === text || cell === `'${text}`)
      assert.ok(!/^[=+@\t\r]/.test(cell))
    })
  })
})

afterAll(() => expect(cases).toBeGreaterThan(100_000))
