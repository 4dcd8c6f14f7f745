import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fault, isFault } from './faults.js'

/** Reads a reference to a secret. */
export type Secrets = (reference: string) => string

// Of a bundle of certificates; no password is as long.
const LARGEST = 524_288

// Certificates are no secret; but whoever may write there chooses whom we believe.
const isPublic = (text: string): boolean => text.includes('-----BEGIN CERTIFICATE-----') && !text.includes('PRIVATE KEY-----')

/**
 * Secrets from an environment (`env:NAME`) and from files (`file:path`, relative to `folder`). A file that others may read is refused: what it holds is
 * no secret any more. Throws SECRET_MISSING.
 */
export function secretsFrom(environment: Readonly<Record<string, string | undefined>>, folder: string): Secrets {
  return (reference) => {
    const missing = (reason: string, cause?: unknown) => fault('SECRET_MISSING', { reference, reason }, { cause })
    if (reference.startsWith('env:')) {
      const value = environment[reference.slice(4)]
      if (value === undefined) throw missing('it is not set')
      if (value === '') throw missing('it is empty')
      return value
    }
    if (!reference.startsWith('file:')) throw missing('a reference begins with env: or file:')
    const path = reference.slice(5)
    const absolute = isAbsolute(path) ? path : join(folder, path)
    let text: string
    try {
      const found = statSync(absolute)
      // A pipe would keep the process waiting for a writer.
      if (!found.isFile()) throw missing('it is not a file')
      if (found.size > LARGEST) throw missing('the file is too large for a secret')
      text = readFileSync(absolute, 'utf8').trim()
      const mode = found.mode & 0o777
      if ((mode & (isPublic(text) ? 0o022 : 0o077)) !== 0)
        throw missing(`others may use the file (mode ${mode.toString(8).padStart(4, '0')})`)
    } catch (error) {
      if (isFault(error)) throw error
      const { code } = error as { code?: string }
      throw missing(code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code ?? 'unknown'})`, error)
    }
    if (text === '') throw missing('it is empty')
    return text
  }
}
