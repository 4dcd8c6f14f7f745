import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fault } from './faults.js'

/** Reads a reference to a secret. */
export type Secrets = (reference: string) => string

/**
 * Secrets from an environment (`env:NAME`) and from files (`file:path`, relative to `folder`). A file that others may read is refused: what it holds is
 * no secret any more. Throws SECRET_MISSING.
 */
export function secretsFrom(environment: Readonly<Record<string, string | undefined>>, folder: string): Secrets {
  return (reference) => {
    const missing = () => fault('SECRET_MISSING', { reference })
    if (reference.startsWith('env:')) {
      const value = environment[reference.slice(4)]
      if (value === undefined || value === '') throw missing()
      return value
    }
    if (!reference.startsWith('file:')) throw missing()
    const path = reference.slice(5)
    const absolute = isAbsolute(path) ? path : join(folder, path)
    try {
      if ((statSync(absolute).mode & 0o077) !== 0) throw missing()
      return readFileSync(absolute, 'utf8').trim()
    } catch (error) {
      throw fault('SECRET_MISSING', { reference }, { cause: error })
    }
  }
}
