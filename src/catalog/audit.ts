import { type Sql, sql } from '../kernel/sql.js'

export interface AuditEntry {
  readonly actor: string
  readonly source: string
  readonly operation: string
  readonly operationId: string | null
  readonly tenantId: string | null
  readonly inputDigest: string
  readonly outcome: 'accepted' | 'succeeded' | 'failed' | 'refused' | 'cancelled'
  readonly fault: string | null
}

export const insertAudit = (e: AuditEntry): Sql => sql`
  insert into catalog.audit (actor, source, operation, operation_id, tenant_id, input_digest, outcome, fault)
  values (${e.actor}, ${e.source}, ${e.operation}, ${e.operationId}, ${e.tenantId}, ${e.inputDigest}, ${e.outcome}, ${e.fault})`
