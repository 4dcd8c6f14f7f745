import { spawn } from 'node:child_process'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Database } from '../../src/postgres/session.js'
import { testServer } from '../support/servers-injected.js'

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Somebody else's program, which shares no code with ours. */
export function run(program: string, args: readonly string[], cwd: string, input = ''): Promise<Ran> {
  const { host, port, superuser, password } = testServer()
  const env = { ...process.env, PGHOST: host, PGPORT: String(port), PGUSER: superuser, PGPASSWORD: password, PGCLIENTENCODING: 'UTF8' }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => (stdout += String(chunk)))
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

export const psql = (database: string, args: readonly string[], cwd: string): Promise<Ran> =>
  run('psql', ['-X', '-q', '-v', 'VERBOSITY=terse', '-d', database, ...args], cwd)

/** Every row of a tenant in a schema as a superuser sees it, column by column by name: a digest and a number for each table. */
export async function rowsIn(witness: Database, schema: string, tenant: string): Promise<Readonly<Record<string, string>>> {
  const tables = await witness.rows(sql<{ name: string; columns: readonly string[] }>`
    select c.relname::text as name, array_agg(a.attname::text order by a.attname) filter (where a.attname <> 'tenant_id') as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = to_regnamespace(${schema}) and c.relkind in ('r', 'p') and not c.relispartition
    group by c.oid, c.relname`)
  const told: Record<string, string> = {}
  for (const { name, columns } of [...tables].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { digest } = await witness.one(sql<{ digest: string }>`
      select count(*) || ' ' || coalesce(md5(string_agg(r, E'\\x02' order by r collate "C")), '') as digest
      from (
        select (select string_agg(v.key || ' ' || v.value::text, E'\\x03' order by v.key collate "C") from jsonb_each(to_jsonb(t)) v
                where v.key = any (${columns ?? []})) as r
        from only ${ident(schema, name)} t where tenant_id = ${tenant}
        union all
        select (select string_agg(v.key || ' ' || v.value::text, E'\\x03' order by v.key collate "C") from jsonb_each(to_jsonb(t)) v
                where v.key = any (${columns ?? []}))
        from ${ident(schema, name)} t where tenant_id = ${tenant} and t.tableoid <> to_regclass(quote_ident(${schema}) || '.' || quote_ident(${name}))
      ) rows`)
    told[name] = digest
  }
  return told
}
