import { Buffer } from 'node:buffer'

/** A file under migrations/, and why no home ever sees it. FIRST stands for the version that is there already. */
export type MigrationCase = readonly [id: string, file: string | undefined, text: string | Buffer, cause: RegExp]

const UP = '-- migrate:up\n'
const up = (id: string, text: string | Buffer, cause: RegExp): MigrationCase => [
  id,
  undefined,
  typeof text === 'string' ? UP + text : Buffer.concat([Buffer.from(UP), text]),
  cause,
]

export const MIGRATIONS: readonly MigrationCase[] = [
  ['an empty file', undefined, '', /no line "-- migrate:up"/],
  ['no section', undefined, 'create table a ()', /no line "-- migrate:up"/],
  up('an empty section', '', /holds no statement/),
  up('only comments', '-- nothing\n', /holds no statement/),
  up('only semicolons', ';;;\n', /holds no statement/),
  up('a syntax error, with its line', 'create table a ();\n\nselec 1;', /:4: syntax error/),
  [
    'the same with CRLF and a byte order mark',
    undefined,
    `\uFEFF${UP}create table a ();\n\nselec 1;`.replaceAll('\n', '\r\n'),
    /:4: syntax error/,
  ],
  up('an unterminated string', "select 'a", /unterminated/),
  up('an unterminated dollar quote', 'do $$ begin', /unterminated/),
  up('an unterminated comment', '/* a', /unterminated/),
  up('a command of psql', '\\i other.sql', /command of psql/),
  up('a program by psql', 'select 1;\n\\! id', /:3: .*psql|psql|syntax/),
  up('a transaction of its own', 'begin; create table a (); commit;', /controls the transaction/),
  up('a search_path', 'set search_path = x;', /sets a setting/),
  up('another role', 'set role postgres;', /sets a setting/),
  up('a role', 'create role x;', /not something that a migration may do/),
  up('a changed role', 'alter role current_user superuser;', /not something that a migration may do/),
  up('a setting of the server', "alter system set log_statement = 'none';", /not something that a migration may do/),
  up('a grant', 'grant select on parent to public;', /grants or revokes/),
  up('a policy', 'create policy p on parent using (true);', /creates a policy/),
  up('row security switched off', 'alter table parent disable row level security;', /follow from the isolation/),
  up('an owner', 'alter table parent owner to postgres;', /follow from the isolation/),
  up('an extension', 'create extension pgcrypto;', /list it under/),
  up('a schema', 'create schema x;', /homes|schema/),
  up('a dropped schema', 'drop schema x cascade;', /drops a schema/),
  up('a dropped database', 'drop database x;', /not something that a migration may do/),
  up('a program', "copy parent to program 'id';", /copies/),
  up('an index built concurrently', 'create index concurrently i on parent (id);', /concurrently/),
  up("another home's schema", 'select * from t_other.parent;', /names the schema "t_other"/),
  up('the catalog', 'select * from catalog.tenant;', /names the schema "catalog"/),
  ['transaction:false with what needs one', undefined, '-- migrate:up transaction:false\nselect 1;', /needs a transaction/],
  ['a word that nobody knows', undefined, '-- migrate:up now\nselect 1;', /does not know the word "now"/],
  ['a data step that is none', 'tenant/20991231000000_step.ts', 'export const nothing = 1', /exports no function/],
  ['a repeatable file that cannot repeat', 'tenant/R__twice.sql', 'create table twice ();', /cannot run twice/],
  ['down before up', undefined, `-- migrate:down\nselect 1;\n${UP}select 1;`, /down section before its up/],
  up('a NUL', 'select 1;\0', /NUL/),
  up('no UTF-8', Buffer.from("select 'caf\xe9';", 'latin1'), /not UTF-8/),
  up('terms 20,000 deep', `select ${'1+'.repeat(20_000)}1;`, /deep|large|stack/),
  up('100,000 statements, of which the last is wrong', `${'select 1;\n'.repeat(100_000)}begin;`, /:100002: controls the transaction/),
  up('50 MB', `select 1; --${'x'.repeat(52_428_800)}`, /larger than/),
  ['no version', 'tenant/first.sql', `${UP}select 1;`, /is not named/],
  ['a version of 21 digits', `tenant/${'1'.repeat(21)}_x.sql`, `${UP}select 1;`, /is not named/],
  ['a title in capitals', 'tenant/20260301000000_Add.sql', `${UP}select 1;`, /is not named/],
  ['a version twice', 'tenant/FIRST_again.sql', `${UP}select 1;`, /same version as/],
]
