import type { TestServer } from '../../support/servers.js'
import { killArchives } from './archives.js'
import { killMessages } from './messages.js'
import { killMigrations } from './migrations.js'
import { killPoints } from './points.js'
import { killClocks, wakeAll } from './processes.js'
import type { Scenario } from './scenario.js'
import { fillDisks, killServers } from './servers.js'

/** Every kind of fault. Each is given a server that is shared, and takes every n-th of its points. */
export const KINDS: Readonly<Record<string, (server: TestServer, every: number) => AsyncGenerator<Scenario>>> = {
  failpoints: killPoints,
  archives: killArchives,
  messages: killMessages,
  migrations: killMigrations,
  servers: killServers,
  disk: fillDisks,
  zombies: wakeAll,
  clocks: killClocks,
}
