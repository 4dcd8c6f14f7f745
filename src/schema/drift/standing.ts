import { type Sql, sql } from '../../kernel/sql.js'

export interface LedgerStanding {
  readonly id: string
  readonly version: string
  readonly applied: number
  readonly digest: string
}

/** Where homes of a database stand by their own ledgers: the catalog hears of a migration after it. The digest is that of `ledgerDigest`. */
export const standingsOf = (ids: readonly string[]): Sql<LedgerStanding> => sql<LedgerStanding>`
  select h.id::text as id, h.version, count(m.version)::int as applied,
         coalesce(encode(sha256(convert_to(string_agg(concat(m.version, ':', m.checksum, E'\n'), ''
           order by m.version !~ '^R__', case when m.version ~ '^R__' then 0 else length(m.version) end, m.version collate "C"), 'UTF8')), 'hex'), '') as digest
  from tenantry.home h
  left join tenantry.migration m on m.home_id = h.id
  where h.id = any (${ids}::uuid[])
  group by h.id, h.version`

/** At which version a home is, held as migrations hold it, so that they take turns. */
export const holdVersion = (id: string): Sql<{ version: string }> => sql<{ version: string }>`
  select version from tenantry.home where id = ${id} for update`
