import { createHash } from 'node:crypto'
import { type Assurance, isSigned, type SigningKey } from '../../kernel/assurance.js'
import { sql } from '../../kernel/sql.js'
import { believedKeys, believeKey, identitySources, readIdentityFrom } from '../assurance.js'
import { type Finding, inTransaction, repairable, statements, told } from './finding.js'
import type { DatabaseSubject } from './subject.js'

interface Wanted {
  readonly level: Assurance
  readonly keys: readonly SigningKey[]
}

/** Is the wall of a database as hard as the catalog says, and do both know the same keys? While an operation changes it, that is its own affair. */
export async function checkAssurance(
  { database, where }: DatabaseSubject,
  wanted: () => Promise<Wanted & { readonly busy: boolean; readonly unfinished: string | null }>,
): Promise<readonly Finding[]> {
  const { there } = await database.one(sql<{ there: boolean }>`select to_regclass('tenantry.signing_key') is not null as there`)
  const { level, keys, busy, unfinished } = await wanted()
  // A database of an older release is told of by the check of its parts.
  if (!there || busy) return []
  if (unfinished !== null) {
    const fix = `\`tenantry assurance set ${where.replace('/', ' ')} --to ${unfinished}\` goes on with it`
    return [told('assurance.unfinished', where, `its change to ${unfinished} has failed on the way: it is neither hard nor soft`, fix)]
  }
  const found = await database.one(sql<{ assurance: Assurance; strays: number }>`
    select i.assurance, (select count(*)::int from tenantry.placement p where p.signed <> (i.assurance <> 'standard')) as strays
    from tenantry.identity i`)
  if (found.assurance !== level) {
    const fix = 'find out which is meant; `tenantry assurance set` changes it'
    return [told('assurance.differs', where, `it says that it is ${found.assurance}, and the catalog says ${level}`, fix)]
  }
  const findings: Finding[] = []
  const source = isSigned(level) ? 'protected' : 'open'
  const bodies = await database.rows(sql<{ name: string; body: string }>`
    select p.proname::text as name, p.prosrc as body from pg_catalog.pg_proc p
    where p.pronamespace = 'tenantry'::regnamespace and p.proname in ('tenant', 'actor', 'request') and p.pronargs = 0`)
  for (const [name, body] of Object.entries(identitySources(source))) {
    const there = bodies.find((one) => one.name === name)
    if (there !== undefined && squeezed(there.body) === squeezed(body)) continue
    const repair = inTransaction((session) => readIdentityFrom(session, source))
    findings.push(
      repairable('assurance.identity', `${where}/tenantry.${name}()`, 'it is not what this assurance is made of', repair, 'TL30'),
    )
  }
  if (found.strays > 0) {
    const how = isSigned(level) ? 'without a token' : 'with a token only'
    const repair = statements(sql`update tenantry.placement set signed = ${isSigned(level)} where signed <> ${isSigned(level)}`)
    findings.push(repairable('assurance.identity', `${where}/tenantry.placement`, `${found.strays} tenants are entered ${how}`, repair))
  }
  return [...findings, ...compareKeys(where, keys, await database.rows(believedKeys))]
}

function compareKeys(where: string, keys: readonly SigningKey[], believed: readonly SigningKey[]): readonly Finding[] {
  const at = `${where}/tenantry.signing_key`
  const same = (a: SigningKey, b: SigningKey): boolean => a.id === b.id && digest(a) === digest(b)
  return [
    ...keys
      .filter((key) => !believed.some((one) => same(key, one)))
      .map((key) => {
        const repair = statements(sql`delete from tenantry.signing_key where id = ${key.id}`, believeKey(key))
        return repairable('assurance.keys', at, `key ${key.id}, which applications may sign with, is not believed`, repair)
      }),
    ...believed
      .filter((key) => !keys.some((one) => one.id === key.id))
      .map(({ id }) => {
        const command = sql`delete from tenantry.signing_key where id = ${id}`
        const repair = statements(command)
        return repairable('assurance.keys', at, `it believes a key ${id} that the catalog does not know`, repair)
      }),
  ]
}

// Never the key itself, not even in memory that a debugger prints.
const digest = ({ key }: SigningKey): string => createHash('sha256').update(key).digest('hex')

const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim()
