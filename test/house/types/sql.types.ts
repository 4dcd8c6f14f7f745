import { fileText, ident, join, literal, type Sql, sql } from '../../../src/kernel/sql.js'

declare const name: string
declare const text: string
declare const takes: (statement: Sql) => void

// What must compile.
export const statement = sql<{ id: string }>`select id from ${ident(name)} where note = ${text}`
export const several = join([statement, sql`select 1`], ';\n')
export const comment = sql`comment on table note is ${literal(text)}`
export const file = fileText(text)

// What must not.
// @ts-expect-error sql is a template tag, not a function of a text
export const called = sql(`select * from ${name}`)
// @ts-expect-error nor of a list of texts
export const listed = sql(['select 1'])
// @ts-expect-error a text is no statement
takes(`select * from ${name}`)
// @ts-expect-error parts are statements, not texts
export const joined = join([text])
// @ts-expect-error what separates is fixed
export const separated = join([statement], text)
// @ts-expect-error an identifier has at least one part
export const nameless = ident()
