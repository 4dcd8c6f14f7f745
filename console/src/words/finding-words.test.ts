import { expect, test } from 'vitest'
import { databaseOf, fixOf } from './finding-words.js'

test('a statement is told from a sentence with a command, and from a sentence', () => {
  expect(fixOf('drop policy "x""y" on t')).toEqual({ kind: 'sql', line: 'drop policy "x""y" on t', says: 'drop policy "x""y" on t' })
  expect(fixOf('run `tenantry doctor --fix`')).toMatchObject({ kind: 'command', line: 'tenantry doctor --fix' })
  expect(fixOf('restore the catalog from a backup')).toMatchObject({ kind: 'words', line: undefined })
  expect(fixOf('settle it')).toMatchObject({ kind: 'words' })
})

test('what has gaps, and what is said to a person, is never given out as a statement', () => {
  for (const prose of [
    'alter table … force row level security',
    'set up TLS there, and write sslmode=verify-full in the connection string',
    'set pool_mode = transaction there, or correct the address',
    'alter role x nosuperuser; or `trustedRoles` in the configuration',
    'list it under `hidden` in the configuration',
  ])
    expect(fixOf(prose), prose).toEqual({ kind: 'words', line: undefined, says: prose })
  for (const statement of [
    'drop extension a; create extension a schema ext',
    'revoke all on "a, or … b" from "c`d"',
    "comment on table t is 'x; and y'",
  ])
    expect(fixOf(statement), statement).toMatchObject({ kind: 'sql', line: statement })
})

test('a place leads to its database', () => {
  expect(databaseOf('main/tenants/shared.note')).toBe('main/tenants')
  expect(databaseOf('main')).toBe('main')
})
