import { walk } from '../../statements.js'
import type { Found, LintRule } from '../finding.js'
import { hasOption, volatilityOf } from '../learn.js'
import { statements } from '../source.js'
import { constant, inside, isTrue, list, option, relationName, text, words } from '../tree.js'
import { commandsOf, ownSchema } from './about.js'

const PINNED =
  /set\s+search_path\s*(=|to)[^;$]*\bpg_temp\b\s*("?\s*)(\n|$|as\b|language\b|begin\b|return\b|stable\b|volatile\b|security\b)/i

export const securityDefiner: LintRule = {
  name: 'security-definer',
  severity: 'error',
  advisor: 'TL29',
  title: 'No function of homes is security definer; one of the platform ends its search_path in pg_temp.',
  why: "Functions belong to the owner, who sees every tenant's rows; and where pg_temp is not last, a temporary table of the caller stands in for ours.",
  instead: 'security invoker; on the platform: security definer set search_path = pg_catalog, platform, ext, pg_temp',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    const actions = kind === 'CreateFunctionStmt' ? node.options : kind === 'AlterFunctionStmt' ? node.actions : undefined
    if (!isTrue(option(actions, 'security')) || option(actions, 'security') === undefined) return []
    if (step.platform) {
      const set = inside(option(actions, 'set')?.arg)
      const last = constant(list(set?.args).at(-1)?.node)
      if (set?.name === 'search_path' && last === 'pg_temp') return []
      const pinned = 'security definer set search_path = pg_catalog, platform, ext, pg_temp'
      const without = PINNED.test(sql) ? sql : sql.replace(/\n?[ \t]*\bset\s+search_path\s*(=|to)\s*[\w$"']+(\s*,\s*[\w$"']+)*/i, '')
      return [
        {
          what: 'is security definer without a search_path that ends in pg_temp',
          rewrite: statements(without.replace(/security\s+definer/i, pinned)),
        },
      ]
    }
    return [{ what: 'is security definer', rewrite: statements(sql.replace(/security\s+definer/i, 'security invoker')) }]
  },
}

export const viewWithoutInvoker: LintRule = {
  name: 'view-without-invoker',
  severity: 'error',
  advisor: 'TL12',
  title: 'Views run with the rights of whoever asks; one over a materialised view is a barrier that filters on the tenant.',
  why: 'Without security_invoker a view reads as its owner, past the policies of its tables: all tenants of a shared home.',
  instead: 'create view … with (security_invoker = true) as …',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    if (kind !== 'ViewStmt' || hasOption(node.options, 'security_invoker')) return []
    const sources = [...walk(node.query)].flatMap((one) => (typeof one.relname === 'string' ? [relationName(one, ownSchema(step))] : []))
    const name = relationName(node.view, ownSchema(step))
    const gathered = sources.length > 0 && sources.every((source) => step.schema.tables.get(source)?.kind === 'materialized view')
    if (gathered) {
      const filters = sql.includes('tenantry.tenant()') || step.tenantColumn === null
      if (hasOption(node.options, 'security_barrier') && filters) return []
      const where = step.tenantColumn === null || filters ? '' : `\nwhere ${step.tenantColumn} = (select tenantry.tenant())`
      return [
        {
          what: `view ${name} reads a materialised view without being its barrier`,
          rewrite: statements(`${withOption(sql, 'security_barrier')}${where}`),
        },
      ]
    }
    return [{ what: `view ${name} runs with the rights of its owner`, rewrite: statements(withOption(sql, 'security_invoker')) }]
  },
}

function withOption(sql: string, name: string): string {
  if (/\bwith\s*\([^)]*\)\s*as\b/i.test(sql)) return sql.replace(/\bwith\s*\(([^)]*)\)\s*as\b/i, `with ($1, ${name} = true) as`)
  return sql.replace(/\bas\b/i, `with (${name} = true) as`)
}

export const untrustedCode: LintRule = {
  name: 'untrusted-code',
  severity: 'error',
  advisor: 'TL32',
  title: 'Functions are written in sql or plpgsql, and are not leakproof.',
  why: 'A leakproof function sees rows ahead of the fence, and no wall of the database binds an untrusted language.',
  instead: 'language sql or plpgsql, without leakproof',
  statement({ statement: { kind, node, text: sql } }) {
    if (kind !== 'CreateFunctionStmt' && kind !== 'AlterFunctionStmt') return []
    const actions = kind === 'CreateFunctionStmt' ? node.options : node.actions
    const language = text(inside(option(actions, 'language')?.arg)?.sval).toLowerCase()
    const leakproof = option(actions, 'leakproof')
    return [
      ...(leakproof !== undefined && isTrue(leakproof)
        ? [{ what: 'is leakproof', rewrite: statements(sql.replace(/\s*\b(?<!not\s)leakproof\b/i, '')) }]
        : []),
      ...(/^(c|internal|.*u)$/.test(language) ? [{ what: `is written in ${language}` }] : []),
    ]
  },
}

export const immutableContext: LintRule = {
  name: 'immutable-context',
  severity: 'error',
  advisor: 'TL10',
  title: 'What tells the tenant, a setting or the time is not immutable.',
  why: 'The planner computes an immutable function once and keeps the answer in a prepared plan: the next tenant on that connection gets the rows of the first.',
  instead: 'stable',
  statement({ statement: { kind, node, text: sql } }) {
    if (kind !== 'CreateFunctionStmt' || volatilityOf(node) !== 'immutable') return []
    const body = words(inside(option(node.options, 'as')?.arg)).join('\n') || JSON.stringify(node.sql_body ?? '')
    const asks = /tenantry\s*\.\s*\w+\s*\(|current_setting\s*\(|"sval":"tenantry"|"sval":"current_setting"/i.test(body)
    return asks
      ? [{ what: 'is immutable although it asks who the tenant is', rewrite: statements(sql.replace(/\bimmutable\b/i, 'stable')) }]
      : []
  },
}

const ALWAYS = new Set(['AT_EnableAlwaysTrig', 'AT_EnableReplicaTrig'])

export const triggerAlways: LintRule = {
  name: 'trigger-always',
  severity: 'error',
  advisor: 'TL29',
  title: 'No trigger is enabled as always or replica.',
  why: "Purging and moving a tenant write rows where triggers are off; these would run there, with the rights of Tenantry's control login.",
  instead: 'alter table … enable trigger …',
  statement: (step) =>
    commandsOf(step)
      .filter(({ type }) => ALWAYS.has(type))
      .map(
        ({ table, name }): Found => ({
          what: `enables trigger ${name} of ${table} where triggers are off`,
          rewrite: statements(`alter table ${table} enable trigger ${name}`),
        }),
      ),
}
