import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { randomBytes } from '../kernel/clock.js'

const derive = promisify(pbkdf2)
const ITERATIONS = 4_096
// Whoever may choose the number could let us compute for hours.
const MOST_ITERATIONS = 100_000

/**
 * The SCRAM-SHA-256 verifier of a password, as PostgreSQL stores it (RFC 5802, RFC 7677): made here, so that the password itself is never in a
 * statement, a server's log or pg_stat_activity. Passwords must be ASCII; ours are.
 */
export const scramVerifier = (password: string): Promise<string> => verifierWith(password, randomBytes(16), ITERATIONS)

/** Is this, as PostgreSQL stores it, a verifier of that password? */
export async function isVerifierOf(verifier: string, password: string): Promise<boolean> {
  const [, iterations, salt] = /^SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/=]+)\$/.exec(verifier) ?? []
  if (iterations === undefined || salt === undefined || !(Number(iterations) > 0 && Number(iterations) <= MOST_ITERATIONS)) return false
  return (await verifierWith(password, Buffer.from(salt, 'base64'), Number(iterations))) === verifier
}

async function verifierWith(password: string, salt: Buffer, iterations: number): Promise<string> {
  const salted = await derive(password, salt, iterations, 32, 'sha256')
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`
}
