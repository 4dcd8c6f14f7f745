import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const whyNoCertificates = ['/usr/bin/openssl', '/usr/local/bin/openssl', '/opt/homebrew/bin/openssl'].some((path) =>
  existsSync(path),
)
  ? undefined
  : 'openssl is not installed'

export const KINDS = ['good', 'expired', 'self-signed', 'another-name'] as const
export type CertificateKind = (typeof KINDS)[number]

/** Writes `<kind>.crt` and `<kind>.key` of each kind, and `ca.crt`, which has signed all but one. */
export function makeCertificates(folder: string): void {
  const at = (name: string): string => join(folder, name)
  const run = (...words: readonly string[]): void => void execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const here = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  run('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.crt'), '-subj', '/CN=authority of a test', '-days', '2')
  run(
    'req',
    '-x509',
    ...key,
    '-keyout',
    at('self-signed.key'),
    '-out',
    at('self-signed.crt'),
    '-subj',
    '/CN=localhost',
    '-addext',
    here,
    '-days',
    '2',
  )
  for (const [kind, names, days] of [
    ['good', here, '2'],
    ['expired', here, '-1'],
    ['another-name', 'subjectAltName=DNS:other.example.org', '2'],
  ] as const) {
    run('req', '-new', ...key, '-keyout', at(`${kind}.key`), '-out', at(`${kind}.csr`), '-subj', `/CN=${kind}`, '-addext', names)
    const signed = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-copy_extensions', 'copy', '-days', days]
    run('x509', '-req', '-in', at(`${kind}.csr`), '-out', at(`${kind}.crt`), ...signed)
  }
}
