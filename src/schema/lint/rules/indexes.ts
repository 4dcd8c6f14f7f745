import type { Found, LintRule } from '../finding.js'
import { indexOf } from '../learn-table.js'
import { ownerOf } from '../schema.js'
import { inFiles, outside, statements } from '../source.js'
import { dropped, quoted, relationName, text } from '../tree.js'
import { commandsOf, isUsed, ownSchema } from './about.js'

const CREATE = /^create\s+(unique\s+)?index\s+(concurrently\s+)?(if\s+not\s+exists\s+)?/i

export const indexNotConcurrent: LintRule = {
  name: 'index-not-concurrent',
  severity: 'error',
  title: 'An index on a table in use is built concurrently.',
  why: 'Otherwise nobody can write to the table for as long as it is read and sorted: in a shared home, none of its tenants.',
  instead: 'create index concurrently if not exists …, in a file with -- migrate:up transaction:false',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    if (!step.transaction || kind !== 'IndexStmt' || node.concurrent === true) return []
    const table = relationName(node.relation, ownSchema(step))
    const known = step.schema.tables.get(table)
    // Partitioned tables know no other way; their partitions do.
    if (!isUsed(step, table) || known?.partitioned === true) return []
    const name = text(node.idxname) === '' ? `${quoted(indexOf(node, table).name)} ` : ''
    const rewrite = inFiles(
      outside(sql.replace(CREATE, (_, unique = '') => `create ${unique.toLowerCase()}index concurrently if not exists ${name}`)),
    )
    return [{ what: `builds an index on ${table} while nobody can write to it`, rewrite }]
  },
}

export const dropIndexNotConcurrent: LintRule = {
  name: 'drop-index-not-concurrent',
  severity: 'warning',
  title: 'An index of a table in use is dropped concurrently.',
  why: 'It is quick, but it waits for every running query of the table, and everybody else waits behind it.',
  instead: 'drop index concurrently if exists …, in a file with -- migrate:up transaction:false',
  statement(step) {
    const { kind, node } = step.statement
    if (!step.transaction || kind !== 'DropStmt' || node.removeType !== 'OBJECT_INDEX' || node.concurrent === true) return []
    const used = dropped(node).filter((name) => {
      const owner = ownerOf(step.schema, name)
      return owner === undefined || (isUsed(step, owner.name) && !owner.partitioned)
    })
    if (used.length === 0) return []
    const rewrite = inFiles(outside(...used.map((name) => `drop index concurrently if exists ${quoted(name)}`)))
    return [{ what: `drops ${used.join(', ')} while its table waits`, rewrite }]
  },
}

export const concurrentlyInTransaction: LintRule = {
  name: 'concurrently-in-transaction',
  severity: 'error',
  title: 'What works concurrently stands in a file without a transaction.',
  why: 'PostgreSQL refuses it inside of one (25001), in every home.',
  instead: '-- migrate:up transaction:false',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    if (!step.transaction) return []
    const index = (kind === 'IndexStmt' || (kind === 'DropStmt' && node.removeType === 'OBJECT_INDEX')) && node.concurrent === true
    const detach = commandsOf(step).some(({ type, definition }) => type === 'AT_DetachPartition' && definition.concurrent === true)
    if (!index && !detach) return []
    const what = 'works concurrently, in a file that is one transaction'
    // Outside of a transaction it could not be repeated.
    if (detach) return [{ what, rewrite: inFiles(statements(sql.replace(/\s+concurrently\b/i, ''))) }]
    const safe = sql.replace(
      /concurrently\s+(if\s+(?:not\s+)?exists\s+)?/i,
      kind === 'IndexStmt' ? 'concurrently if not exists ' : 'concurrently if exists ',
    )
    return [{ what, rewrite: inFiles(outside(safe)) } satisfies Found]
  },
}
