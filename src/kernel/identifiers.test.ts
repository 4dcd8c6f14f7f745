import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { milliseconds } from './durations.js'
import { base32, checkSlug, checkTenantRef, isUuid, shortId } from './identifiers.js'

const code = (body: () => unknown): string => {
  try {
    body()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('identifiers', () => {
  test('a slug is a DNS label that can never be taken for an id', () => {
    for (const good of ['ab', 'acme', 'a-1', 'z'.repeat(39), 'a0000000-0']) expect(checkSlug(good)).toBe(good)
    const bad = [
      '',
      'a',
      'Acme',
      'acme-',
      '-acme',
      '1acme',
      'ac me',
      'acmé',
      'аcme',
      'a'.repeat(40),
      'acme;drop',
      "a'b",
      'a_b',
      'abcdef01-2345-6789-abcd-ef0123456789',
      'acme\n',
      'ＡＣＭＥ',
      'a\u200bb',
    ]
    for (const slug of bad)
      expect(
        code(() => checkSlug(slug)),
        JSON.stringify(slug),
      ).toBe('SLUG_INVALID')
  })

  test('any text is either a reference to a tenant or SLUG_INVALID', () => {
    fc.assert(fc.property(fc.string(), (text) => ['none', 'SLUG_INVALID'].includes(code(() => checkTenantRef(text)))))
    fc.assert(fc.property(fc.uuid(), (id) => isUuid(id) && checkTenantRef(id) === id))
  })

  test('short ids differ where ids differ, and are safe in object names', () => {
    fc.assert(fc.property(fc.uuid(), fc.uuid(), (a, b) => /^[a-z2-7]{26}$/.test(shortId(a)) && (a === b) === (shortId(a) === shortId(b))))
    expect(base32(Buffer.from('foobar'))).toBe('mzxw6ytboi')
  })

  test('a duration has a unit that PostgreSQL knows', () => {
    expect(['500ms', '30s', '5min', '12h', '7d'].map(milliseconds)).toEqual([500, 30_000, 300_000, 43_200_000, 604_800_000])
    for (const bad of ['5', '5m', '-1s', '1.5h', '', 's', '99999999999s', '5 minutes'])
      expect(
        code(() => milliseconds(bad)),
        bad,
      ).toBe('INPUT_INVALID')
  })
})
