import { z } from 'zod'
import { CERTIFICATE_KINDS, certificatesOf } from '../../catalog/certificates.js'
import { operation } from '../../engine/operation.js'
import { checkTenantRef } from '../../kernel/identifiers.js'

const PARTS = ['certificate', 'signature', 'key'] as const

export const showCertificate = operation({
  kind: 'direct',
  name: 'tenant.certificate',
  summary: 'Print the certificate of a purge, byte for byte as it was signed, its signature, or the public key to check it with.',
  effect: 'read',
  input: z.strictObject({
    tenant: z.string().min(2).max(39).describe('Id or slug of the tenant that was purged'),
    kind: z.enum(CERTIFICATE_KINDS).default('purge').describe('Of its purge, or of the end of its data keys'),
    part: z.enum(PARTS).default('certificate').describe('Which part is printed: its text, the signature (base64), or the public key (PEM)'),
  }),
  output: z.object({
    operation: z.string(),
    tenant: z.string(),
    slug: z.string(),
    kind: z.enum(CERTIFICATE_KINDS),
    madeAt: z.date(),
    content: z.string().describe('Byte for byte what was signed'),
    signature: z.string().nullable().describe('Of Ed25519, in base64; null where there was no key to sign with'),
    keyId: z.string().nullable(),
    publicKey: z.string().nullable(),
    part: z.enum(PARTS),
  }),
  faults: ['CERTIFICATE_NOT_FOUND', 'CERTIFICATE_UNSIGNED', 'TENANT_AMBIGUOUS', 'SLUG_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/certificates/{tenant}',
  words: {
    positionals: ['tenant'],
    // The command line ends what it prints with a line end, as the text that was signed and the key do.
    says: ({ part, content, signature, publicKey }) =>
      ({ certificate: content, signature: signature ?? '', key: publicKey ?? '' })[part].replace(/\n$/, ''),
  },
  async call({ platform, fail }, { tenant: ref, kind, part }) {
    const found = await platform.catalog.rows(certificatesOf(checkTenantRef(ref), kind))
    const newest = found[0]
    if (newest === undefined) throw fail('CERTIFICATE_NOT_FOUND', { tenant: ref, kind })
    const tenants = [...new Set(found.map((one) => one.tenant))]
    if (tenants.length > 1) throw fail('TENANT_AMBIGUOUS', { tenant: ref, ids: tenants })
    if (part !== 'certificate' && newest.signature === null) throw fail('CERTIFICATE_UNSIGNED', { tenant: ref })
    return { ...newest, part }
  },
})
