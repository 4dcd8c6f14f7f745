import { z } from 'zod'
import { ISOLATIONS } from '../../catalog/homes.js'
import { TENANT_STATES } from '../../catalog/tenants.js'
import type { Survey } from '../../isolation/survey.js'
import { TLS_MODES } from '../../postgres/transport.js'

const time = z.string().nullable()
const reference = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/)
const settled = z.enum(['active', 'suspended', 'read_only'])

const tenantFacts = z.object({
  slug: z.string(),
  name: z.string().min(1),
  state: z.enum(TENANT_STATES),
  reason: z.string().nullable(),
  since: time,
  createdAt: time,
  deletedFrom: settled.nullable(),
  deletedFromReason: z.string().nullable(),
  deletedAt: time,
  purgeAfter: time,
  heldFor: z.string().nullable(),
  tier: z.string().nullable(),
  region: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  statementTimeoutMs: z.number().nullable(),
  idleTimeoutMs: z.number().nullable(),
  adoptedVersion: z.string().nullable().default(null),
  // Absent in copies of older releases, as are homes beside.
  home: z.string().nullable().default(null),
  beside: z
    .array(
      z.object({
        home: z.string(),
        kind: z.enum(['restored', 'former']),
        backup: z.string().nullable(),
        partial: z.boolean().default(false),
        madeAt: z.string(),
        until: time,
        note: z.string().nullable(),
      }),
    )
    .default([]),
  formerSlugs: z.array(z.object({ slug: z.string(), redirects: z.boolean(), since: z.string() })),
  domains: z.array(
    z.object({ domain: z.string(), token: z.string(), state: z.enum(['pending', 'verified']), addedAt: z.string(), verifiedAt: time }),
  ),
})

const clusterFacts = z.object({
  name: z.string(),
  appHost: z.string(),
  appPort: z.number().int(),
  appTls: z.boolean(),
  // Absent in copies of older releases, which knew only whether it is verified.
  appSslmode: z.enum(TLS_MODES).optional(),
  appCaRef: reference.nullable().default(null),
  appSecretRef: reference,
  pooler: z.enum(['none', 'pgbouncer']),
  poolerSecretRef: reference.nullable().default(null),
  poolerVersion: z.string().nullable().default(null),
  draining: z.boolean(),
  loginSide: z.union([z.literal(1), z.literal(2)]),
  oldLoginsSince: time,
  createdAt: time,
  stock: z.array(z.object({ isolation: z.enum(ISOLATIONS), target: z.number().int() })),
  revocations: z.array(z.object({ database: z.string(), undo: z.string() })),
})

export type TenantFacts = z.output<typeof tenantFacts>
export type ClusterFacts = z.output<typeof clusterFacts>

export interface Known<Facts> {
  readonly subject: string
  readonly change: bigint
  readonly facts: Facts
}

// What a rebuild writes beside a tenant that it closes begins with this: another rebuild knows it again.
export const DOUBT = 'suspended by the rebuild: '
export const isDoubted = ({ state, reason }: TenantFacts): boolean => state === 'suspended' && reason?.startsWith(DOUBT) === true

/** The newest copy of each tenant's facts, wherever it is. One that cannot be read counts as none. */
export function tenantFactsIn(surveys: readonly Survey[]): ReadonlyMap<string, Known<TenantFacts>> {
  const newest = new Map<string, Known<TenantFacts>>()
  for (const { subject, change, facts } of surveys.flatMap((survey) => survey.tenantFacts ?? [])) {
    const parsed = tenantFacts.safeParse(facts)
    const known = newest.get(subject)
    if (!parsed.success) continue
    const one = { subject, change: BigInt(change), facts: parsed.data }
    // A doubt has the number of the change that it came from.
    if (known !== undefined && (known.change > one.change || (known.change === one.change && !isDoubted(one.facts)))) continue
    newest.set(subject, one)
  }
  return newest
}

/** What a database keeps of the cluster whose new tenants come to it. */
export function clusterFactsIn({ clusterFacts: kept }: Survey): Known<ClusterFacts> | undefined {
  for (const { subject, change, facts } of kept) {
    const parsed = clusterFacts.safeParse(facts)
    if (parsed.success) return { subject, change: BigInt(change), facts: parsed.data }
  }
  return undefined
}

/** The greatest number of a change that any database has. */
export function lastChangeIn(surveys: readonly Survey[]): bigint {
  const changes = surveys.flatMap((survey) => [...(survey.tenantFacts ?? []), ...survey.clusterFacts].map(({ change }) => BigInt(change)))
  let last = 0n
  for (const change of changes) if (change > last) last = change
  return last
}
