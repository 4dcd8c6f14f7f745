import { parse } from 'libpg-query'
import type { LintId } from '../isolation/advisor/ids.js'
import { type Finding, repairable, statements, told } from '../isolation/doctor/finding.js'
import type { DatabaseSubject } from '../isolation/doctor/subject.js'
import { functionsIn } from '../isolation/in-schema.js'
import { filesFor, homeLedger } from '../isolation/ledger.js'
import { POOLER_SCHEMA } from '../isolation/names.js'
import type { SqlFile } from '../kernel/ledger.js'
import { fileText, ident, type Sql, sql } from '../kernel/sql.js'
import type { Node } from './statements.js'

/** A function of ours, by what changes its meaning. */
interface Code {
  readonly name: string
  readonly body: string
  readonly volatility: string
  readonly definer: boolean
  readonly settings: readonly string[]
}

interface Definition extends Code {
  /** The number of its file. */
  readonly file: number
  /** The statement that makes it again. */
  readonly text: string
}

const OWN_SCHEMAS: readonly string[] = ['tenantry', POOLER_SCHEMA]

const codeInDatabase: Sql<Code> = sql<Code>`
  select n.nspname || '.' || p.proname || '/' || p.pronargs as name, replace(p.prosrc, E'\\r\\n', E'\\n') as body, p.prosecdef as definer, coalesce(p.proconfig, '{}') as settings,
         case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.oid in ${functionsIn(OWN_SCHEMAS)}`

// Where a database has an assurance, that decides about the bodies of these, and a check of its own looks at them.
const OF_ASSURANCE: ReadonlySet<string> = new Set(['tenantry.tenant/0', 'tenantry.actor/0', 'tenantry.request/0'])

/** Are Tenantry's own functions those of the files that the database has, the newest of each? */
export async function checkOwnCode({ database, where, installation }: DatabaseSubject): Promise<readonly Finding[]> {
  const wanted = await definitionsIn(installation.files, installation.hardened)
  const there = new Map((await database.rows(codeInDatabase)).map((code) => [code.name, code]))
  const applied = new Set((await database.rows(homeLedger)).map(({ number }) => number))
  const { assured } = await database.one(sql<{ assured: boolean }>`
    select coalesce(bool_or(to_jsonb(i) ? 'assurance'), false) as assured from tenantry.identity i`)
  const findings: Finding[] = []
  for (const [name, definitions] of wanted) {
    const [found, newest] = [there.get(name), definitions.findLast(({ file }) => applied.has(file))]
    // That a file is not applied yet is another check's to tell.
    if (newest === undefined) continue
    const at = `${where}/${name.split('/')[0]}()`
    if (found === undefined) {
      const fix = 'run `tenantry platform upgrade`; else restore the schema tenantry from a backup'
      findings.push(told('code.changed', at, 'the function is missing', fix, 'TL30'))
      continue
    }
    const bodyElsewhere = assured && OF_ASSURANCE.has(name)
    const right = bodyElsewhere ? { ...newest, body: found.body } : newest
    const what = differences(found, right)
    if (what.length === 0) continue
    const [reason, lint] = [`it is not as Tenantry made it: ${what.join(', ')}`, lintOf(found, right)]
    if (bodyElsewhere) {
      const command = sql`alter function ${ident('tenantry', name.split(/[./]/)[1]!)}() ${VOLATILITY[newest.volatility]!} security invoker reset all`
      findings.push(told('code.changed', at, reason, command.text, lint))
    } else findings.push(repairable('code.changed', at, reason, statements(fileText(newest.text)), lint))
  }
  return findings
}

const VOLATILITY: Readonly<Record<string, Sql>> = { immutable: sql`immutable`, stable: sql`stable`, volatile: sql`volatile` }

function differences(found: Code, wanted: Code): readonly string[] {
  return [
    ...(found.body === wanted.body ? [] : ['another body']),
    ...(found.volatility === wanted.volatility ? [] : [`${found.volatility} and not ${wanted.volatility}`]),
    ...(found.definer === wanted.definer ? [] : [`security ${found.definer ? 'definer' : 'invoker'}`]),
    ...(String(found.settings) === String(wanted.settings) ? [] : ['other settings']),
  ]
}

function lintOf(found: Code, wanted: Code): LintId {
  if (found.volatility === 'immutable' && wanted.volatility !== 'immutable') return 'TL10'
  return found.body === wanted.body && String(found.settings) !== String(wanted.settings) ? 'TL18' : 'TL30'
}

type Definitions = ReadonlyMap<string, readonly Definition[]>

// The files of one release do not change while it runs.
const known = new WeakMap<readonly SqlFile[], Map<boolean, Promise<Definitions>>>()

function definitionsIn(files: readonly SqlFile[], hardened: boolean): Promise<Definitions> {
  const kinds = known.get(files) ?? new Map<boolean, Promise<Definitions>>()
  known.set(files, kinds)
  const found = kinds.get(hardened) ?? readDefinitions(filesFor(files, hardened))
  kinds.set(hardened, found)
  return found
}

async function readDefinitions(files: readonly SqlFile[]): Promise<Definitions> {
  const all = new Map<string, Definition[]>()
  for (const { number, text } of files) {
    const bytes = Buffer.from(text)
    for (const { stmt, stmt_location: start = 0, stmt_len: length } of (await parse(text)).stmts ?? []) {
      const made = (stmt as { CreateFunctionStmt?: Node } | undefined)?.CreateFunctionStmt
      if (made === undefined) continue
      const definition = definitionOf(made, bytes.subarray(start, length === undefined ? undefined : start + length).toString(), number)
      if (definition !== undefined) all.set(definition.name, [...(all.get(definition.name) ?? []), definition])
    }
  }
  return all
}

const COMMENTS = /^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*create( or replace)? function/i

function definitionOf(made: Node, text: string, file: number): Definition | undefined {
  const [schema, name] = (made.funcname as readonly Node[]).map(textOf)
  if (schema === undefined || !OWN_SCHEMAS.includes(schema)) return undefined
  const options = (made.options as readonly { readonly DefElem: Node }[]).map(({ DefElem }) => DefElem)
  const option = (wanted: string): Node | undefined => options.find(({ defname }) => defname === wanted)?.arg as Node | undefined
  const parameters = ((made.parameters ?? []) as readonly { readonly FunctionParameter: Node }[]).filter(
    ({ FunctionParameter: { mode } }) => mode !== 'FUNC_PARAM_TABLE' && mode !== 'FUNC_PARAM_OUT',
  )
  const body = ((option('as')?.List as Node | undefined)?.items as readonly Node[] | undefined)?.map(textOf).join('') ?? ''
  return {
    file,
    name: `${schema}.${name}/${parameters.length}`,
    body: body.replaceAll('\r\n', '\n'),
    volatility: textOf(option('volatility')) || 'volatile',
    definer: (option('security')?.Boolean as Node | undefined)?.boolval === true,
    settings: options
      .filter(({ defname }) => defname === 'set')
      .map(({ arg }) => settingOf((arg as { VariableSetStmt: Node }).VariableSetStmt)),
    text: text.replace(COMMENTS, 'create or replace function'),
  }
}

const textOf = (node: Node | undefined): string => String((node?.String as Node | undefined)?.sval ?? '')

/** As `pg_proc` keeps it: `search_path=pg_catalog, pg_temp`. */
function settingOf({ name, args }: Node): string {
  const values = (args as readonly { readonly A_Const: { readonly sval?: { readonly sval?: string } } }[]).map(
    ({ A_Const }) => A_Const.sval?.sval ?? '',
  )
  return `${name}=${values.join(', ')}`
}
