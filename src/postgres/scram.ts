import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { randomBytes } from '../kernel/clock.js'

const derive = promisify(pbkdf2)
const ITERATIONS = 4_096

/**
 * The SCRAM-SHA-256 verifier of a password, as PostgreSQL stores it (RFC 5802, RFC 7677): made here, so that the password itself is never in a
 * statement, a server's log or pg_stat_activity. Passwords must be ASCII; ours are.
 */
export async function scramVerifier(password: string): Promise<string> {
  const salt = randomBytes(16)
  const salted = await derive(password, salt, ITERATIONS, 32, 'sha256')
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`
}
