import { expect, test } from 'vitest'
import { codeOf, inCode, withoutVariables } from './deparsed.js'

test('only what is code is changed, not texts and quoted names', () => {
  const shout = (text: string) => inCode(text, (code) => code.toUpperCase())
  expect(shout(`check ((a ~ 'it''s "x"'::text) and "b ""c" = E'\\'d\\\\' and e)`)).toBe(
    `CHECK ((A ~ 'it''s "x"'::TEXT) AND "b ""c" = E'\\'d\\\\' AND E)`,
  )
  expect(codeOf(`f('platform.x') and platform.g("h")`)).toBe(`f('') and platform.g("h")`)
})

test('no colon before a name is one of a variable of psql', () => {
  expect(withoutVariables(`a[1:"USER"] = ':USER'::text and b[x:HOST] = ":DBNAME"`)).toBe(
    `a[1: "USER"] = ':USER'::text and b[x: HOST] = ":DBNAME"`,
  )
})
