import { type AppliedFile, checksumOf, type SqlFile } from '../kernel/ledger.js'
import { fileText, type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'

/** Files whose walls only a superuser can raise; unhardened clusters go without them. */
export const isWall = ({ name }: { readonly name: string }): boolean => name === 'walls' || name.startsWith('walls_')

/** What a database should have, by what its cluster allows. */
export const filesFor = (files: readonly SqlFile[], hardened: boolean): readonly SqlFile[] =>
  hardened ? files : files.filter((file) => !isWall(file))

/** The files that a tenant-bearing database has. Works in those of older releases, which keep no checksums. */
export const homeLedger: Sql<AppliedFile> = sql<AppliedFile>`
  select i.number, i.name, to_jsonb(i) ->> 'checksum' as checksum, i.at from tenantry.installed i order by i.number`

/** Two that raise one database at once: the second waits, and finds everything done. Nobody else minds this lock. */
export const lockHomeLedger = sql`lock table tenantry.installed in share row exclusive mode`

/** Applies files, each with its entry in the ledger. The first of all makes the ledger. */
export async function applyHomeFiles(session: Session, missing: readonly SqlFile[], files: readonly SqlFile[]): Promise<void> {
  for (const file of missing) {
    await session.script(fileText(file.text))
    if (file.number === 1) {
      await session.run(
        sql`create table tenantry.installed (number integer primary key, name text not null, at timestamptz not null default clock_timestamp())`,
      )
    }
    await session.run(sql`insert into tenantry.installed (number, name) values (${file.number}, ${file.name})`)
  }
  // The column comes with a file of its own.
  const { kept } = await session.one(sql<{ kept: boolean }>`
    select exists (
      select 1 from pg_catalog.pg_attribute
      where attrelid = 'tenantry.installed'::regclass and attname = 'checksum' and not attisdropped) as kept`)
  if (!kept) return
  await session.run(sql`
    update tenantry.installed i
    set checksum = f.checksum
    from unnest(${files.map((file) => file.number)}::int[], ${files.map(checksumOf)}::text[]) as f (number, checksum)
    where i.number = f.number and i.checksum is null`)
}
