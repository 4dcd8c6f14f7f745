import { expect, test } from 'vitest'
import { withoutConstants } from './constants.js'

test.each([
  ['select * from note where id = $1 and body = $2', 'select * from note where id = $1 and body = $2'],
  ["select * from note where body = 'it''s a secret' and id = 42", 'select * from note where body = $1 and id = $2'],
  ["select $2, 'x', 1.5e-3, .5, 0xFF, 1_000", 'select $2, $3, $4, $5, $6, $7'],
  ["select E'a\\'secret', b'01', U&'d!0061t', N'q'", 'select $1, $2, $3, $4'],
  ["select $$sec'ret$$, $tag$ $$ secret $tag$, 1", 'select $1, $2, $3'],
  ['select t1.c2, "a 1 ""\'b", grün2 from t_3', 'select t1.c2, "a 1 ""\'b", grün2 from t_3'],
  ['select 1 /* secret /* nested */ 2 */ from t -- secret', 'select $1   from t  '],
  ['select x[1], -3, a-1, f(2)', 'select x[$1], -$2, a-$3, f($4)'],
  ["select 'a'::text, date '2026-01-01', interval '1 day'", 'select $1::text, date $2, interval $3'],
  // Cut off.
  ["select * from note where body = 'half of a sec", 'select * from note where body = $1'],
  ['select $a$half', 'select $1'],
  ["insert into t values (1, E'half\\", 'insert into t values ($1, $2'],
])('%s', (text, expected) => {
  expect(withoutConstants(text)).toBe(expected)
  expect(withoutConstants(expected)).toBe(expected)
})
