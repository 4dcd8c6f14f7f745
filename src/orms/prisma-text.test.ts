import { expect, test } from 'vitest'
import { createUnqualified, HOME_SCHEMA } from './prisma-text.js'

const unqualified = createUnqualified()
const NAME = `"${HOME_SCHEMA}".`

test('names lose the schema, wherever they stand', () => {
  const text = `SELECT ${NAME}"note"."id", CAST($1::text AS ${NAME}"Role") FROM ${NAME}"note" WHERE (${NAME}"note"."id" = $2 AND 1=1)`
  expect(unqualified(text)).toBe(`SELECT "note"."id", CAST($1::text AS "Role") FROM "note" WHERE ("note"."id" = $2 AND 1=1)`)
})

test('what only looks like the schema stays as it is', () => {
  const kept = [
    `'${NAME}'`,
    `'it''s ${NAME}'`,
    `E'\\'${NAME}'`,
    `e'\\\\'`,
    `$$${NAME}$$`,
    `$a$ $$ ' ${NAME}$a$`,
    `"a""${HOME_SCHEMA}"`,
    `"x${HOME_SCHEMA}"."y"`,
    `"${HOME_SCHEMA}"".x"`,
    `/* ' /* " */ ${NAME} */`,
    `-- it's ${NAME}\n`,
    `a$$b`,
    `1-1/2*3`,
  ]
  for (const text of kept) expect(unqualified(`select ${text}, ${NAME}"t"`)).toBe(`select ${text}, "t"`)
  expect(unqualified(`select 'never closed ${NAME}`)).toContain('select')
})
