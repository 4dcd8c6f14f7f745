import { type Sql, sql } from '../../kernel/sql.js'

/** A text without the name of the home's schema, of which `h` is the row in `homes`. `offset 0` keeps the server from working the text out twice. */
export const neutral = (text: Sql): Sql => sql`
  (select case when strpos(v.text, h.prefix) > 0 then regexp_replace(v.text, h.pattern, '', 'g') else v.text end from (select ${text} as text offset 0) v)`

/** A role by its neutral name; `$home` is that of the home's own tenants, `$login` the login that becomes it. */
export const roleOf = (oid: Sql): Sql => sql`
  case when ${oid} = 0 then 'public' when ${oid} = h.role then '$home' when ${oid} = h.login then '$login'
       else coalesce((select l.label from labels l where l.oid = ${oid}), pg_get_userbyid(${oid})::text) end`

/** One column of texts, so that a fact is found by what it says. Keys without a value are left out. */
export const definition = (object: Sql): Sql => sql`jsonb_strip_nulls(${object})::text`

export const allOf = (parts: readonly Sql[]): Sql => parts.reduce((before, part) => sql`${before} union all ${part}`)
