import { afterAll, beforeAll, expect, test } from 'vitest'
import { functionsIn, relationsIn } from '../../src/isolation/in-schema.js'
import { fileText, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { urlOf } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'

const SCHEMA = 'Everything"there'
const QUOTED = '"Everything""there"'

// Whatever a schema can hold that the walls ask for.
const EVERYTHING = `
  create schema ${QUOTED};
  set search_path = ${QUOTED};
  create table plain (id int generated always as identity primary key, body text);
  create table parted (id int, at date) partition by range (at);
  create table parted_2026 partition of parted for values from ('2026-01-01') to ('2027-01-01');
  create table parted_later (id int, at date);
  alter table parted attach partition parted_later for values from ('2027-01-01') to ('2028-01-01');
  create table child () inherits (plain);
  create unlogged table light (id int);
  create table copied as select 1 as one;
  create view seen as select * from plain;
  create materialized view kept as select * from plain;
  create sequence counter;
  create type pair as (a int, b int);
  create function one() returns int language sql return 1;
  create procedure nothing() language sql as 'select 1';
  create aggregate total (int) (sfunc = int4pl, stype = int);
  create schema elsewhere; create table elsewhere.moved (id int); alter table elsewhere.moved set schema ${QUOTED};
  create function elsewhere.moved() returns int language sql return 1; alter function elsewhere.moved() set schema ${QUOTED};
  create extension pg_trgm schema ${QUOTED};`

describeOn(['embedded-16', 'embedded-18', 'debian-15'], 'what is in a schema', (server) => {
  let database: Database
  beforeAll(async () => {
    database = openDatabase(parseUrl(urlOf(server), 'it'), { applicationName: 'test', max: 1 })
  })
  afterAll(() => database?.end())

  test('is found by what depends on it as by looking at everything', async () => {
    const home = sql`to_regnamespace(quote_ident(${SCHEMA}))`
    const relations = sql<{ name: string }>`
      select c.relname::text as name from pg_class c where c.oid in ${relationsIn(SCHEMA)} order by 1`
    const everyRelation = sql<{ name: string }>`
      select c.relname::text as name from pg_class c where c.relnamespace = ${home} and c.relkind not in ('i', 'I', 'c') order by 1`
    const functions = sql<{
      name: string
    }>`select p.oid::regprocedure::text as name from pg_proc p where p.oid in ${functionsIn(SCHEMA)} order by 1`
    const everyFunction = sql<{
      name: string
    }>`select p.oid::regprocedure::text as name from pg_proc p where p.pronamespace = ${home} order by 1`
    const look = database.transaction(async (tx) => {
      await tx.script(fileText(EVERYTHING))
      const [found, all] = [await tx.rows(relations), await tx.rows(everyRelation)]
      expect(found).toEqual(all)
      expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(['parted_later', 'moved', 'kept', 'counter']))
      expect(await tx.rows(functions)).toEqual(await tx.rows(everyFunction))
      expect(await tx.rows(functions)).toContainEqual({ name: 'moved()' })
      throw new Error('all seen')
    })
    await expect(look).rejects.toThrow('all seen')
    expect(await database.rows(relations)).toEqual([])
  })
})
