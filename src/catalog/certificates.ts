import { type Sql, sql } from '../kernel/sql.js'

export const CERTIFICATE_KINDS = ['purge', 'keys'] as const
export type CertificateKind = (typeof CERTIFICATE_KINDS)[number]

/** What was destroyed, in the words that were signed. */
export interface Certificate {
  readonly operation: string
  readonly tenant: string
  readonly slug: string
  readonly kind: CertificateKind
  readonly madeAt: Date
  /** Byte for byte what was signed. */
  readonly content: string
  /** In base64; null where the platform had no key to sign with, like the two that follow. */
  readonly signature: string | null
  readonly keyId: string | null
  readonly publicKey: string | null
}

const columns = sql`
  operation_id as operation, tenant_id as tenant, slug, kind, made_at as "madeAt", content, signature, key_id as "keyId", public_key as "publicKey"`

export const insertCertificate = (c: Omit<Certificate, 'madeAt'>): Sql => sql`
  insert into catalog.certificate (operation_id, tenant_id, slug, kind, content, signature, key_id, public_key)
  values (${c.operation}, ${c.tenant}, ${c.slug}, ${c.kind}, ${c.content}, ${c.signature}, ${c.keyId}, ${c.publicKey})
  on conflict do nothing`

/** About the tenant of this id, or those who had this slug; newest first. */
export const certificatesOf = (ref: string, kind: CertificateKind): Sql<Certificate> => sql<Certificate>`
  select ${columns} from catalog.certificate
  where kind = ${kind} and (slug = ${ref} or tenant_id::text = ${ref})
  order by made_at desc
  limit 20`

/** Of an operation that is under way: who asked for it, and the catalog's clock. */
export const occasionOf = (operation: string): Sql<{ actor: string; begunAt: Date; now: Date }> => sql<{
  actor: string
  begunAt: Date
  now: Date
}>`
  select actor, created_at as "begunAt", clock_timestamp() as now from catalog.operation where id = ${operation}`
