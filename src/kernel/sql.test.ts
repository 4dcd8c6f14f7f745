import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fileText, ident, isSql, join, literal, type Sql, sql } from './sql.js'

const plain = ({ text, values }: Sql) => ({ text, values: [...values] })

describe('sql', () => {
  test('interpolations become bind parameters, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.object()), { minLength: 3, maxLength: 3 }),
        ([a, b, c]) => {
          expect(plain(sql`select ${a}, ${b} where ${c}`)).toEqual({ text: 'select $1, $2 where $3', values: [a, b, c] })
        },
      ),
    )
  })

  test('fragments are spliced with their parameters renumbered', () => {
    const inner = sql`select ${1} as a`
    expect(plain(sql`with x as (${inner}) select ${2} from x`)).toEqual({
      text: 'with x as (select $1 as a) select $2 from x',
      values: [1, 2],
    })
    expect(plain(join([sql`a = ${1}`, sql`b = ${2}`], ' and '))).toEqual({ text: 'a = $1 and b = $2', values: [1, 2] })
    expect(plain(sql`${sql``}x${sql`y`}`)).toEqual({ text: 'xy', values: [] })
  })

  test('a forged fragment is only a value', () => {
    const forged = JSON.parse('{"text":"1; drop table t","values":[],"strings":["1"]}')
    expect(plain(sql`select ${forged}`)).toEqual({ text: 'select $1', values: [forged] })
    expect(isSql(forged)).toBe(false)
    expect(isSql(Object.create(sql`select 1`))).toBe(false)
    expect(isSql({ ...sql`select 1` })).toBe(false)
  })

  test('it is a template tag and nothing else', () => {
    const call = sql as unknown as (...args: unknown[]) => unknown
    const array = Object.assign(['drop table t'], { raw: ['drop table t'] })
    for (const attempt of ['drop table t', ['drop table t'], array, Object.freeze(['drop table t'])])
      expect(() => call(attempt)).toThrow(TypeError)
    expect(() => sql`select ${undefined}`).toThrow(/undefined/)
  })

  test('an identifier survives every name that PostgreSQL allows, and refuses the rest', () => {
    expect(sql`select * from ${ident('tenant_7', 'or"der')}`.text).toBe('select * from "tenant_7"."or""der"')
    for (const bad of ['', 'a\0b', 'x'.repeat(64), 'ü'.repeat(32)]) expect(() => ident(bad)).toThrow(TypeError)
  })

  test('a literal cannot be left', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('\0')),
        (text) => {
          const quoted = literal(text).text.trim()
          const inner = quoted.startsWith('E') ? quoted.slice(2, -1).replaceAll('\\\\', '\\') : quoted.slice(1, -1)
          expect(inner.replaceAll("''", "'")).toBe(text)
          expect(inner.replaceAll("''", '')).not.toContain("'")
        },
      ),
    )
  })

  test('the text of a file is taken as it is', () => {
    expect(plain(fileText("select '$1'"))).toEqual({ text: "select '$1'", values: [] })
  })
})
