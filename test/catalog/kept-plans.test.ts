import { expect, test } from 'vitest'
import { plannedAnew, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { openDatabase } from '../../src/postgres/session.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

test('a statement is planned once; when the server will not run its plan any more it fails once, and the connection is given up', async () => {
  const database = openDatabase(parseUrl(urlOf(testServer()), 'it'), { applicationName: 'kept plans', max: 1, keepPlans: true })
  const look = () => database.rows(sql`select * from public.kept_plan where id = ${1}`)
  try {
    await database.script(sql`drop table if exists public.kept_plan; create table public.kept_plan as select 1 as id`)
    await look()
    await look()
    expect(await database.rows(sql`select statement from pg_prepared_statements where statement like '%kept_plan%'`)).toHaveLength(1)
    await database.script(sql`alter table public.kept_plan add column more int`)
    await expect(look()).rejects.toMatchObject({ code: '0A000' })
    expect(await look()).toEqual([{ id: 1, more: null }])
  } finally {
    await database.script(sql`drop table if exists public.kept_plan`)
    await database.end()
  }
})

test('of a statement that is put together from what is asked for, no plan is kept', async () => {
  const database = openDatabase(parseUrl(urlOf(testServer()), 'it'), { applicationName: 'kept plans', max: 1, keepPlans: true })
  try {
    expect(await database.rows(plannedAnew(sql`select ${1}::int as put_together`))).toEqual([{ put_together: 1 }])
    expect(
      await database.rows(sql`select statement from pg_prepared_statements where statement like '%put_together%' and name <> ''`),
    ).toEqual([])
  } finally {
    await database.end()
  }
})
