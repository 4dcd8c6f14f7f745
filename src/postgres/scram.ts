import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { randomBytes } from '../kernel/clock.js'

const derive = promisify(pbkdf2)
const ITERATIONS = 4_096

/**
 * The SCRAM-SHA-256 verifier of a password, as PostgreSQL stores it (RFC 5802, RFC 7677): made here, so that the password itself is never in a
 * statement, a server's log or pg_stat_activity. Passwords must be ASCII; ours are.
 */
export const scramVerifier = (password: string): Promise<string> => verifierOf(password, randomBytes(16), ITERATIONS)

/** Was this verifier made of this password? One in another form was not made by Tenantry. */
export async function verifies(password: string, verifier: string): Promise<boolean> {
  const [, iterations, salt] = /^SCRAM-SHA-256\$(\d{1,6}):([A-Za-z0-9+/=]+)\$/.exec(verifier) ?? []
  if (iterations === undefined || salt === undefined) return false
  return (await verifierOf(password, Buffer.from(salt, 'base64'), Number(iterations))) === verifier
}

async function verifierOf(password: string, salt: Buffer, iterations: number): Promise<string> {
  const salted = await derive(password, salt, iterations, 32, 'sha256')
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`
}
