import { expect, test } from 'vitest'
import { databaseOf, fixOf } from './finding-words.js'

test('a statement is told from a sentence with a command, and from a sentence', () => {
  expect(fixOf('drop policy "x""y" on t')).toEqual({ kind: 'sql', line: 'drop policy "x""y" on t', says: 'drop policy "x""y" on t' })
  expect(fixOf('run `tenantry doctor --fix`')).toMatchObject({ kind: 'command', line: 'tenantry doctor --fix' })
  expect(fixOf('restore the catalog from a backup')).toMatchObject({ kind: 'words', line: undefined })
  expect(fixOf('settle it')).toMatchObject({ kind: 'words' })
})

test('a place leads to its database', () => {
  expect(databaseOf('main/tenants/shared.note')).toBe('main/tenants')
  expect(databaseOf('main')).toBe('main')
})
