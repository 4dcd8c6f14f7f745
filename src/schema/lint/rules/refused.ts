import { walk } from '../../statements.js'
import type { Found, LintRule, Step } from '../finding.js'
import { constant, functionName, inside, list, option, text } from '../tree.js'

// What Tenantry refuses before it runs anything, in the words of the refusal.

const ROLES = new Set(
  'GrantStmt GrantRoleStmt CreateRoleStmt AlterRoleStmt AlterRoleSetStmt DropRoleStmt AlterDefaultPrivilegesStmt ReassignOwnedStmt DropOwnedStmt'.split(
    ' ',
  ),
)
const POLICIES = new Set('CreatePolicyStmt AlterPolicyStmt AlterOwnerStmt'.split(' '))

type Family = 'search-path' | 'roles-and-grants' | 'policies-and-owners' | 'other-schema' | 'maintenance' | 'refused-statement'

function familyOf({ statement: { kind, node } }: Step, reason: string): Family {
  const setting = text(node.name)
  if (kind === 'VariableSetStmt' && setting === 'search_path') return 'search-path'
  if (ROLES.has(kind) || (kind === 'VariableSetStmt' && /^(role|session_authorization)$/.test(setting))) return 'roles-and-grants'
  if (POLICIES.has(kind) || node.removeType === 'OBJECT_POLICY' || reason.includes('row security and owners')) return 'policies-and-owners'
  if (reason.startsWith('names the schema')) return 'other-schema'
  return kind === 'ClusterStmt' || kind === 'VacuumStmt' || kind === 'ReindexStmt' ? 'maintenance' : 'refused-statement'
}

const told =
  (family: Family) =>
  (step: Step): readonly Found[] => {
    const reason = step.refusals.get(step.statement.line)
    if (reason === undefined || familyOf(step, reason) !== family) return []
    return [{ what: reason, rewrite: family === 'other-schema' ? withoutSchema(step, reason) : '' }]
  }

function withoutSchema({ statement: { text: sql } }: Step, reason: string): string {
  const schema = /"([^"]+)"/.exec(reason)?.[1] ?? ''
  return `${sql.replaceAll(new RegExp(`(?<![\\w.])"?${schema.replaceAll(/[^\w]/g, '\\$&')}"?\\s*\\.\\s*`, 'g'), '')};`
}

export const searchPath: LintRule = {
  name: 'search-path',
  severity: 'error',
  advisor: 'TL18',
  title: 'No migration sets the search_path: not by itself, not by set_config, and not for a function of homes.',
  why: 'It is the home, then ext, then pg_temp, and Tenantry sets it for each. A path that a file fixes is that of one home, in all of them.',
  instead: 'name tables without a schema; functions of the platform: set search_path = pg_catalog, platform, ext, pg_temp',
  statement(step) {
    const refused = told('search-path')(step)
    const { kind, node } = step.statement
    const calls = [...walk(node)].some(
      (one) => Array.isArray(one.funcname) && functionName(one) === 'set_config' && constant(list(one.args)[0]?.node) === 'search_path',
    )
    const called: readonly Found[] = calls ? [{ what: 'sets the search_path by set_config' }] : []
    const set = kind === 'CreateFunctionStmt' && !step.platform ? inside(option(node.options, 'set')?.arg) : undefined
    const fixed: readonly Found[] =
      set?.name === 'search_path'
        ? [
            {
              what: 'fixes the search_path of a function, which is another in every home',
              rewrite: `${step.statement.text.replace(SET_PATH, '')};`,
            },
          ]
        : []
    return [...refused, ...called, ...fixed]
  },
}

const SET_PATH = /\n?[ \t]*\bset\s+search_path\s*(=|to)\s*("[^"]*"|'[^']*'|[\w$]+)(\s*,\s*("[^"]*"|'[^']*'|[\w$]+))*/i

export const rolesAndGrants: LintRule = {
  name: 'roles-and-grants',
  severity: 'error',
  advisor: 'TL14',
  title: 'No migration makes roles, grants or revokes.',
  why: 'Who may do what follows from the isolation and is set anew after each file; one grant too many is a way to the rows of others.',
  instead: 'nothing: the role of a home gets select, insert, update and delete on its tables',
  statement: told('roles-and-grants'),
}

export const policiesAndOwners: LintRule = {
  name: 'policies-and-owners',
  severity: 'error',
  advisor: 'TL07',
  title: 'No migration makes policies, switches row-level security or changes owners.',
  why: 'Permissive policies add up, and one more lets more rows through; an owner that can log in can turn the wall off.',
  instead: 'nothing: policies follow from the tenant column, owners from the isolation',
  statement: told('policies-and-owners'),
}

export const otherSchema: LintRule = {
  name: 'other-schema',
  severity: 'error',
  advisor: 'TL15',
  title: 'A file names no schema but ext, platform, tenantry, pg_catalog and information_schema.',
  why: 'The same file runs in thousands of homes, each a schema of its own name: a name in it is right in one of them at most.',
  instead: 'the table without its schema',
  statement: told('other-schema'),
}

export const maintenance: LintRule = {
  name: 'maintenance',
  severity: 'error',
  title: 'No migration clusters, vacuums or rebuilds indexes.',
  why: 'cluster, vacuum full and reindex write tables and indexes anew while nobody can use them; that is no change of the schema.',
  instead: 'autovacuum; reindex … concurrently by hand, one home at a time',
  statement: told('maintenance'),
}

export const refusedStatement: LintRule = {
  name: 'refused-statement',
  severity: 'error',
  title: 'A file holds only what a migration may do.',
  why: '`migrate up` refuses the file before it visits any home; the table in docs/migrations.md says what belongs elsewhere.',
  instead: 'take the statement out',
  statement: told('refused-statement'),
}
