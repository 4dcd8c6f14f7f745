import { describe, expect, test } from 'vitest'
import { checkStatement, firstWord } from './row-statements.js'
import { fileText } from './sql.js'

const refused = (text: string): unknown => {
  try {
    checkStatement(fileText(text))
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('statements of a scope', () => {
  test('what reads and writes rows is let through, however it is laid out', () => {
    for (const text of [
      'select 1',
      ' SELECT 1',
      '\n\tinsert into t default values',
      '((select 1))',
      '-- note\nupdate t set a = 1',
      '/* a /* b */ c */ delete from t',
      'WITH x as (select 1) table x',
      'values (1)',
      'merge into t using s on true when matched then delete',
      'table t',
      'select(1)',
    ]) {
      expect(refused(text), text).toBeUndefined()
    }
  })

  test('everything that could end the transaction, change the session or outlive the scope is refused', () => {
    const all = [
      'set role x',
      'SET x = 1',
      'reset all',
      'begin',
      'commit and chain',
      'end',
      'rollback',
      'abort',
      'savepoint a',
      'prepare x as select 1',
      'execute x',
      'deallocate all',
      'discard all',
      'declare c cursor with hold for select 1',
      'fetch c',
      'listen x',
      'notify x',
      'unlisten *',
      'copy t to stdout',
      'explain select 1',
      'do $$ begin end $$',
      'call p()',
      'lock table t',
      'create temp table t ()',
      'truncate t',
      'vacuum',
      'grant x to y',
      'alter role x',
      '',
      ' ',
      ';select 1',
      '$1',
      "'select'",
      '-- only a comment',
      '/* open',
      '/* /* */ select */ set role x',
      '\u00a0select 1',
      'selectx',
      'select_1',
    ]
    for (const text of all) expect(refused(text), text).toBe('STATEMENT_REFUSED')
  })

  test('a text is not a statement', () => {
    expect(() => checkStatement({ text: 'select 1', values: [] } as never)).toThrow(/sql/)
    expect(firstWord('  (/*x*/ Select')).toBe('select')
  })
})
