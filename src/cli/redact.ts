import { redactUrls } from '../kernel/log.js'
import type { Secrets } from '../kernel/secrets.js'

/** Takes secrets out of what is about to be printed. */
export interface Redactor {
  /** For data: passwords in connection strings. */
  readonly data: (text: string) => string
  /** For faults and logs: also every secret that was read in this process, wherever it stands. */
  readonly message: (text: string) => string
  /** Remembers what it reads. */
  readonly watch: (secrets: Secrets) => Secrets
}

// Shorter ones would blank out ordinary words; as part of a connection string they are found all the same.
const SHORTEST_SECRET = 6

export function createRedactor(): Redactor {
  const known = new Set<string>()
  return {
    data: redactUrls,
    // The longest first: one secret may begin with another.
    message: (text) =>
      [...known].sort((a, b) => b.length - a.length).reduce((clean, secret) => clean.replaceAll(secret, '***'), redactUrls(text)),
    watch: (secrets) => (reference) => {
      const value = secrets(reference)
      for (const secret of secretsIn(value)) if (secret.length >= SHORTEST_SECRET) known.add(secret)
      return value
    },
  }
}

/** The password of a connection string, as written and as meant; any other value as a whole. */
function secretsIn(value: string): readonly string[] {
  const written = /^[a-z]+:\/\/[^:@/]*:(.*)@/i.exec(value)?.[1]
  if (written === undefined) return value.includes('://') ? [] : [value]
  try {
    const url = new URL(value)
    const meant = decodeURIComponent(url.password)
    // A password that is the name of the user or database protects nothing, and those names must be readable.
    return [url.username, url.pathname.slice(1), url.hostname].includes(meant) ? [] : [written, meant]
  } catch {
    return [written]
  }
}
