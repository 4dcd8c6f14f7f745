import { ident, join, literal, type Sql, sql } from '../../kernel/sql.js'
import { countRows } from '../fill.js'
import type { SnapshotFacts, TransferSource, TransferTable } from '../model.js'
import { newlinesIn } from '../newlines.js'
import { type Definitions, tableName } from './definitions.js'

// Data stands in COPY blocks, where nothing of a value can be taken for the end of the block. If the statement before a block fails, psql would read the
// rows as commands: so the file itself says that it ends at the first error.
const HEAD = `\\set ON_ERROR_STOP on
begin;
set local standard_conforming_strings = on;
set local client_encoding = 'UTF8';
set local datestyle = 'ISO, MDY';
set local intervalstyle = 'postgres';
set local timezone = 'UTC';
set local xmloption = 'content';
set local lc_monetary = 'C';
set local row_security = off;
set local statement_timeout = 0;
set local client_min_messages = warning;
`

/**
 * One script for psql that makes types, tables and sequences in the first schema of the search_path, fills them, and then makes keys and indexes; all of it or
 * nothing. `onRows` is told of the rows of each table.
 */
export async function* scriptOf(
  { facts, read }: TransferSource,
  definitions: Definitions,
  onRows: (table: TransferTable, rows: number) => void,
): AsyncGenerator<Buffer, void> {
  const lines = (statements: readonly string[]): Buffer => Buffer.from(statements.map((text) => `${text};\n`).join(''))
  yield Buffer.from(`-- The rows of one tenant, as of ${facts.at}, for psql.\n${HEAD}\n`)
  yield lines(definitions.extensions.map((name) => sql`create extension if not exists ${ident(name)}`.text))
  yield lines(definitions.before)
  for (const table of facts.tables) {
    const name = tableName(definitions, table)
    if (table.columns.length === 0) {
      const rows = await countRows(read(table))
      onRows(table, rows)
      yield Buffer.from(`\n${sql`insert into ${name} select from generate_series(1, `.text}${rows});\n`)
      continue
    }
    yield Buffer.from(`\n${copyInto(name, table).text};\n`)
    for await (const chunk of read(table)) {
      onRows(table, newlinesIn(chunk))
      yield chunk
    }
    yield Buffer.from('\\.\n')
  }
  yield Buffer.from('\n')
  yield lines(definitions.after)
  yield lines(facts.sequences.filter(({ name }) => definitions.sequences.has(name)).map(setSequence))
  yield Buffer.from('commit;\n')
}

const copyInto = (name: Sql, { columns }: TransferTable): Sql =>
  sql`copy ${name} (${join(columns.map((column) => ident(column.name)))}) from stdin`

const setSequence = ({ name, last, called }: SnapshotFacts['sequences'][number]): string =>
  sql`select pg_catalog.setval(${literal(ident(name).text)}::regclass, ${literal(last)}::bigint, ${literal(called ? 't' : 'f')}::boolean)`
    .text
