import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes } from '../../src/kernel/clock.js'
import { startPgBouncer } from '../../src/programs/pgbouncer.js'
import { choosePort } from '../../src/programs/port.js'
import type { TestServer } from './servers.js'
import { makeServersFolder } from './servers-folder.js'

/** The same server behind a PgBouncer of one's own, in transaction mode, with few server connections for each user and database. */
export interface PooledServer extends TestServer {
  readonly stopPooler: () => Promise<void>
}

/** Throws PROGRAM_MISSING when PgBouncer is not installed. */
export async function behindPooler(server: TestServer, options: { readonly poolSize: number }): Promise<PooledServer> {
  const folder = await makeServersFolder()
  const removed = () => rm(folder, { recursive: true, force: true })
  const [adminUser, adminPassword] = ['pooler_admin', randomBytes(18).toString('base64url')]
  try {
    const pooler = await startPgBouncer({
      port: await choosePort(),
      directory: join(folder, 'pooler'),
      databases: { '*': { host: server.host, port: server.port } },
      users: { [server.superuser]: server.password },
      admin: { user: adminUser, password: adminPassword },
      ...options,
    })
    const stopPooler = async () => {
      await pooler.stop()
      await removed()
    }
    return { ...server, pooler: { ...pooler, adminUser, adminPassword }, stopPooler }
  } catch (error) {
    await removed()
    throw error
  }
}
