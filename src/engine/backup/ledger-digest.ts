import { createHash } from 'node:crypto'

/** Equal for two that have applied the same files. */
export const ledgerDigest = (ledger: readonly { readonly version: string; readonly name: string; readonly checksum: string }[]): string =>
  createHash('sha256')
    .update(JSON.stringify(ledger.map(({ version, name, checksum }) => [version, name, checksum])))
    .digest('hex')
