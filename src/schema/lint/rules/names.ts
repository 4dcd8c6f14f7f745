import { type Node, walk } from '../../statements.js'
import type { Found, LintRule, Step } from '../finding.js'
import { statements, tokensOf } from '../source.js'
import { quoted, relationName } from '../tree.js'
import { ownSchema } from './about.js'

const MAKERS: Readonly<Record<string, string>> = { CreateStmt: 'relation', ViewStmt: 'view' }
const READS = new Set(
  'CreateStmt AlterTableStmt IndexStmt InsertStmt UpdateStmt DeleteStmt MergeStmt SelectStmt ViewStmt CreateTableAsStmt CreateTrigStmt TruncateStmt LockStmt RefreshMatViewStmt'.split(
    ' ',
  ),
)

/** Relations that a statement names without a schema, but for those that it makes and those of its own `with`. */
function namesUsed({ statement: { kind, node }, ...file }: Step): readonly string[] {
  if (!READS.has(kind) || (kind === 'AlterTableStmt' && (node.objtype !== 'OBJECT_TABLE' || node.missing_ok === true))) return []
  const made = makes(kind, node)
  const common = new Set([...walk(node)].flatMap((one) => (typeof one.ctename === 'string' ? [one.ctename] : [])))
  const names = [...walk(node)].flatMap((one) => {
    if (typeof one.relname !== 'string' || one.relpersistence === undefined || one === made) return []
    const name = relationName(one, ownSchema(file))
    return name.includes('.') || common.has(name) || name.startsWith('pg_') ? [] : [name]
  })
  return [...new Set(names)]
}

function makes(kind: string, node: Node): unknown {
  if (kind === 'CreateTableAsStmt') return (node.into as Node | undefined)?.rel
  return node[MAKERS[kind] ?? '']
}

export const platformName: LintRule = {
  name: 'platform-name',
  severity: 'error',
  advisor: 'SP11',
  title: 'Tables of tenants and of the platform have different names, and those of the platform are named with their schema.',
  why: 'In a scope the home comes before the platform: a home without the table falls back to the other one, which reads and writes another table without an error.',
  instead: 'platform.currency; another name for the table of tenants',
  statement(step) {
    if (step.platform) return []
    const { kind, node, text: sql } = step.statement
    const makesOne = makes(kind, node) as Node | undefined
    const created = makesOne === undefined ? '' : relationName(makesOne)
    if (step.platformTables.has(created)) return [{ what: `makes ${created}, which is the name of a platform table` }]
    return namesUsed(step)
      .filter((name) => step.platformTables.has(name) && !step.schema.tables.has(name))
      .map(
        (name): Found => ({
          what: `names ${name}, which is a platform table, without its schema`,
          rewrite: statements(qualified(sql, name)),
        }),
      )
  },
}

/** The name with its schema, wherever it stands alone. */
function qualified(sql: string, name: string): string {
  const bytes = Buffer.from(sql)
  const tokens = tokensOf(sql)
  let [out, at] = ['', 0]
  for (const [index, token] of tokens.entries()) {
    if (token.text.replaceAll('"', '') !== name || tokens[index - 1]?.text === '.' || tokens[index + 1]?.text === '.') continue
    if (!/^(from|join|into|update|table|references|on|only|,)$/i.test(tokens[index - 1]?.text ?? '')) continue
    out += `${bytes.subarray(at, token.start).toString()}platform.${token.text}`
    at = token.end
  }
  return out + bytes.subarray(at).toString()
}

export const unknownTable: LintRule = {
  name: 'unknown-table',
  severity: 'warning',
  title: 'A name without a schema is one that earlier files have made.',
  why: 'Otherwise it is found in ext or pg_catalog, or not at all: a name that a half-migrated home lacks falls back to another table, without an error.',
  instead: 'ext.…, platform.…, or the name that the files have made',
  statement(step) {
    if (step.schema.uncertain) return []
    return namesUsed(step)
      .filter((name) => !step.schema.tables.has(name) && !step.platformTables.has(name) && !isItself(step, name))
      .map((name) => ({ what: `no file before has made ${name}` }))
  },
}

/** A foreign key to its own table. */
const isItself = ({ statement: { kind, node }, ...file }: Step, name: string): boolean =>
  kind === 'CreateStmt' && relationName(node.relation, ownSchema(file)) === name

const LONGEST = 63

export const identifierTooLong: LintRule = {
  name: 'identifier-too-long',
  severity: 'warning',
  title: 'Names have 63 bytes at most.',
  why: 'PostgreSQL cuts longer ones in silence: the name in the file is not the one in the home, and two long names may become one.',
  instead: 'a shorter name',
  statement({ statement: { text: sql } }) {
    const long = tokensOf(sql).filter(({ text: word }) => isName(word) && Buffer.byteLength(word.replace(/^"|"$/g, '')) > LONGEST)
    return [...new Set(long.map(({ text: word }) => word))].map((word): Found => {
      const short = Buffer.from(word.replace(/^"|"$/g, ''))
        .subarray(0, 55)
        .toString()
        .replace(/\ufffd+$/, '')
        .replace(/_+$/, '')
      return { what: `${word.slice(0, 80)} is longer than 63 bytes`, rewrite: statements(sql.replaceAll(word, quoted(short))) }
    })
  },
}

const isName = (word: string): boolean => /^[a-z_"\u0080-\uffff]/i.test(word) && !/^e'|^"?$/i.test(word) && !word.startsWith("'")
