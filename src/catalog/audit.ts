import { type Sql, sql } from '../kernel/sql.js'

export interface AuditEntry {
  readonly actor: string
  /** The API key that asked, if one did. */
  readonly keyId: string | null
  readonly source: string
  readonly operation: string
  readonly operationId: string | null
  readonly tenantId: string | null
  readonly inputDigest: string
  readonly outcome: 'accepted' | 'succeeded' | 'failed' | 'refused' | 'cancelled'
  readonly fault: string | null
  /** What a change answered, without secrets: stands for what is after it when it is not about a tenant. Of a sign-in, where it came from. */
  readonly result?: unknown
}

/** In the transaction of the change: what was before is what that transaction has kept, what is after is what it leaves. A refusal changed nothing. */
export const insertAudit = (e: AuditEntry): Sql => {
  const result = e.result === undefined ? null : JSON.stringify(e.result)
  const before = e.outcome === 'refused' ? sql`null` : sql`catalog.audit_before(${e.tenantId}::uuid, ${e.operationId}::uuid)`
  const after =
    e.outcome === 'refused' || e.outcome === 'accepted'
      ? sql`${result}::jsonb`
      : sql`coalesce(catalog.tenant_facts(${e.tenantId}::uuid), ${result}::jsonb)`
  return sql`
    insert into catalog.audit (actor, key_id, source, operation, operation_id, tenant_id, input_digest, outcome, fault, before, after)
    values (${e.actor}, ${e.keyId}, ${e.source}, ${e.operation}, ${e.operationId}, ${e.tenantId}, ${e.inputDigest}, ${e.outcome}, ${e.fault},
            ${before}, ${after})`
}

/** What the watchdog did, which no operation asked for. */
export interface WatchdogEntry {
  readonly operation: `watchdog.${string}`
  readonly tenantId: string | null
  readonly outcome: 'succeeded' | 'failed'
  /** What happened to whom, and why; `says` in words. */
  readonly facts: { readonly says: string } & Readonly<Record<string, unknown>>
}

export const insertWatchdogAudit = ({ operation, tenantId, outcome, facts }: WatchdogEntry): Sql => sql`
  insert into catalog.audit (actor, source, operation, tenant_id, input_digest, outcome, after)
  values ('watchdog', 'worker', ${operation}, ${tenantId}, '', ${outcome}, ${JSON.stringify(facts)}::jsonb)`

export interface AuditRow {
  readonly id: string
  readonly time: Date
  readonly actor: string
  readonly key: string | null
  readonly source: string
  readonly operation: string
  readonly operationId: string | null
  readonly tenant: string | null
  readonly outcome: AuditEntry['outcome']
  readonly fault: string | null
  readonly inputDigest: string
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

export interface AuditFilter {
  readonly tenant: string | null
  readonly operation: string | null
  readonly actor: string | null
  readonly since: { readonly at: string } | { readonly secondsAgo: number } | null
  readonly after: { readonly at: string; readonly id: string } | null
  readonly limit: number
}

/** A page of the audit, newest first, by keyset. How long ago something was is told by this database's clock, as the entries are. */
export const listAudit = (f: AuditFilter): Sql<AuditRow & { at: string }> => {
  const at = f.since !== null && 'at' in f.since ? f.since.at : null
  const secondsAgo = f.since !== null && 'secondsAgo' in f.since ? f.since.secondsAgo : null
  return sql<AuditRow & { at: string }>`
    select a.id::text as id, a.at as time, a.actor, a.key_id as key, a.source, a.operation, a.operation_id as "operationId", a.tenant_id as tenant,
           a.outcome, a.fault, a.input_digest as "inputDigest", a.before, a.after, a.at::text as at
    from catalog.audit a
    where (${f.tenant}::uuid is null or a.tenant_id = ${f.tenant})
      and (${f.operation}::text is null or a.operation = ${f.operation})
      and (${f.actor}::text is null or a.actor = ${f.actor})
      and (${at}::timestamptz is null or a.at >= ${at}::timestamptz)
      and (${secondsAgo}::float8 is null or a.at >= now() - make_interval(secs => ${secondsAgo}))
      and (${f.after?.at ?? null}::timestamptz is null or (a.at, a.id) < (${f.after?.at ?? null}::timestamptz, ${f.after?.id ?? null}::bigint))
    order by a.at desc, a.id desc
    limit ${f.limit}`
}
