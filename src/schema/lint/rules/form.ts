import { walk } from '../../statements.js'
import type { Found, LintRule } from '../finding.js'
import { clauseAt, ignoring, inFiles, statements } from '../source.js'
import { constant, list, quoted, relationName, text } from '../tree.js'
import { commandsOf, isUsed, ownSchema } from './about.js'

const HEAD = /^alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:"[^"]+"|[\w$]+)(?:\s*\.\s*(?:"[^"]+"|[\w$]+))?\s*\*?\s+/i

export const repeatedAlter: LintRule = {
  name: 'repeated-alter',
  severity: 'advice',
  title: 'What changes of one table stands in one alter table.',
  why: 'Each statement reads or writes the table for itself; in one, PostgreSQL does it once.',
  instead: 'alter table note add column a text, add column b text',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    if (!step.transaction || commandsOf(step).length === 0) return []
    const table = relationName(node.relation, ownSchema(step))
    const before = step.statements[step.at - 1]
    const same =
      before?.kind === kind && before.node.objtype === 'OBJECT_TABLE' && relationName(before.node.relation, ownSchema(step)) === table
    if (!same || alone(before.node) || alone(node)) return []
    const rewrite = statements(`${before.text},\n  ${sql.replace(HEAD, '')}`)
    return [{ what: `changes ${table} again, right after line ${before.line}`, rewrite }]
  },
}

/** What PostgreSQL takes by itself alone, or what has to wait for the statement before it: a check that spares the reading for `set not null` goes after it. */
const alone = (node: Record<string, unknown>): boolean =>
  list(node.cmds).some(({ node: one }) =>
    ['AT_AttachPartition', 'AT_DetachPartition', 'AT_ValidateConstraint', 'AT_SetNotNull'].includes(text(one.subtype)),
  )

const CREATES = new Set(['CreateStmt', 'IndexStmt', 'CreateTableAsStmt', 'CreateSeqStmt'])

export const ifNotExists: LintRule = {
  name: 'if-not-exists',
  severity: 'advice',
  title: 'A file that is one transaction does not ask whether its work is done.',
  why: 'The ledger knows. A home where something of that name stood already passes in silence, with another shape: that is how homes drift apart.',
  instead: 'create table …, add column …, drop table …, without if',
  statement(step) {
    if (!step.transaction || step.repeatable) return []
    const { kind, node, text: sql } = step.statement
    const asks =
      (CREATES.has(kind) && node.if_not_exists === true) ||
      (kind === 'DropStmt' && node.missing_ok === true) ||
      commandsOf(step).some((one) => one.node.missing_ok === true)
    if (!asks) return []
    return [{ what: 'asks whether it is done already', rewrite: statements(sql.replace(/\s+if\s+(not\s+)?exists\b/gi, '')) }]
  },
}

export const doBlock: LintRule = {
  name: 'do-block',
  severity: 'advice',
  title: 'What a file does is written as statements.',
  why: "Nothing looks into a do block: neither lint, nor the plan, nor the forecast; and it runs with the rights of Tenantry's control login.",
  instead: 'the statements themselves, or a data step in TypeScript',
  statement: ({ statement: { kind, text: sql } }) =>
    kind === 'DoStmt' ? [{ what: 'is a do block', rewrite: ignoring('do-block', 'it makes and drops nothing', sql) }] : [],
}

export const refreshNotConcurrent: LintRule = {
  name: 'refresh-not-concurrent',
  severity: 'warning',
  title: 'A materialised view in use is refreshed concurrently.',
  why: 'Otherwise nobody can read it for as long as its query runs.',
  instead: 'refresh materialized view concurrently …, which needs a unique index',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    const name = relationName(node.relation, ownSchema(step))
    if (!step.transaction || kind !== 'RefreshMatViewStmt' || node.concurrent === true || !isUsed(step, name)) return []
    return [{ what: `refreshes ${name} while nobody can read it`, rewrite: statements(sql.replace(/\bview\s+/i, 'view concurrently ')) }]
  },
}

export const enumValueUsed: LintRule = {
  name: 'enum-value-used',
  severity: 'error',
  title: 'A new value of an enum is used in a later file than it is added in.',
  why: 'PostgreSQL refuses it in the same transaction (55P04), in every home.',
  instead: 'alter type … add value … in a file of its own',
  statement(step) {
    if (!step.transaction) return []
    const added = step.statements
      .slice(0, step.at)
      .flatMap(({ kind, node }) => (kind === 'AlterEnumStmt' && text(node.oldVal) === '' ? [text(node.newVal)] : []))
    if (added.length === 0 || step.statement.kind === 'AlterEnumStmt') return []
    const used = added.find((value) => [...walk(step.statement.node)].some((one) => constant(one) === value))
    return used === undefined
      ? []
      : [{ what: `uses ${used}, which this file has just added`, rewrite: inFiles(statements(step.statement.text)) }]
  },
}

export const explicitLock: LintRule = {
  name: 'explicit-lock',
  severity: 'warning',
  title: 'No file locks a table in use by hand.',
  why: 'Tenantry takes the locks of a file first, all of them under one limit; one that is taken by hand waits in line, and everybody waits behind it.',
  instead: 'nothing: the locks follow from the statements',
  statement(step) {
    if (step.statement.kind !== 'LockStmt') return []
    const used = list(step.statement.node.relations)
      .map(({ node }) => relationName(node, ownSchema(step)))
      .filter((table) => isUsed(step, table))
    return used.map((table): Found => ({ what: `locks ${quoted(table)} by hand` }))
  },
}

export const softDeleteKey: LintRule = {
  name: 'soft-delete-key',
  severity: 'warning',
  title: 'A key that lets deleted rows be is a partial index.',
  why: 'Nulls are all different to a unique constraint: with deleted_at in it, any number of rows that are not deleted may be the same.',
  instead: 'create unique index … on … (tenant_id, email) where deleted_at is null',
  statement(step) {
    const { kind, node } = step.statement
    if (kind !== 'CreateStmt' && kind !== 'AlterTableStmt') return []
    const elements = kind === 'CreateStmt' ? list(node.tableElts) : commandsOf(step).map(({ definition }) => ({ node: definition }))
    const table = relationName(node.relation, ownSchema(step))
    return elements.flatMap(({ node: one }): readonly Found[] => {
      const keys = list(one.keys).map(({ node: key }) => text(key.sval))
      const soft = keys.find((key) => /^(deleted|removed|archived)_(at|on)$/.test(key))
      if (one.contype !== 'CONSTR_UNIQUE' || soft === undefined || one.nulls_not_distinct === true) return []
      const others = keys.filter((key) => key !== soft)
      const index = `create unique index ${quoted(`${table}_${others.at(-1)}_key`)} on ${quoted(table)} (${others.map(quoted).join(', ')}) where ${quoted(soft)} is null`
      const clause = clauseAt(step.statement.text, one.location)
      return [
        {
          what: `the unique constraint of ${table} keeps nothing from being there twice while ${soft} is null`,
          rewrite: kind === 'CreateStmt' ? statements(step.statement.text.replace(new RegExp(`,\\s*${escaped(clause)}`), ''), index) : '',
        },
      ]
    })
  },
}

const escaped = (clause: string): string => clause.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
