import { z } from 'zod'
import { findCluster } from '../../catalog/clusters.js'
import { databasesOnServer } from '../../catalog/watchdog.js'
import { operation } from '../../engine/operation.js'
import { visit } from '../../engine/visit.js'
import { makeStatements, statementsExtension } from '../../isolation/collect/slow.js'
import { fault } from '../../kernel/faults.js'
import { sqlstate } from '../../postgres/errors.js'
import { clusterName } from './row.js'

interface Memory extends Record<string, unknown> {
  readonly adminRef: string
  readonly systemId: string
  readonly database?: string
  readonly schema?: string
}

export const observeCluster = operation({
  kind: 'steps',
  name: 'cluster.observe',
  summary: "Let the server of a cluster count what its statements take: pg_stat_statements, in the administrator's own database alone.",
  effect: 'change',
  input: z.strictObject({ cluster: clusterName }),
  output: z.object({
    cluster: z.string(),
    database: z.string().describe("The administrator's, in which the extension is"),
    schema: z.string(),
  }),
  faults: ['CLUSTER_NOT_FOUND', 'CLUSTER_UNOBSERVABLE', 'SERVER_UNREACHABLE'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/clusters/{cluster}/observe',
  words: {
    positionals: ['cluster'],
    says: ({ cluster, database }) =>
      `the server of ${cluster} counts statements, and tells them in the database ${database} alone; \`tenantry statement list\` shows them from the second time on that it was asked, every 5 minutes`,
  },
  async accept({ tx, fail }, { cluster: name }) {
    const cluster = await tx.maybe(findCluster(name))
    if (cluster === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster: name })
    const { adminRef, systemId } = cluster
    return { memory: { adminRef, systemId } as Memory }
  },
  steps: [
    {
      name: 'extend',
      act: async ({ platform, memory: { adminRef, systemId }, input: { cluster } }) => {
        const { catalog, config } = platform
        const tenants = (await catalog.rows(databasesOnServer(systemId))).map((row) => row.database)
        return visit(platform, { adminRef }, async (server) => {
          const { database } = server.config
          const refused = (reason: string) => fault('CLUSTER_UNOBSERVABLE', { cluster, reason })
          // Whoever may connect there would see what everybody does.
          if (tenants.includes(database) || database === config.catalog.database)
            throw refused(
              `applications connect to ${database}, the database of its administrator: name another one in the connection string ${adminRef}`,
            )
          const { schema, open, loaded } = await server.one(statementsExtension)
          if (!loaded)
            throw refused("the server has not loaded the library: set shared_preload_libraries = 'pg_stat_statements' and start it anew")
          if (schema !== null && open)
            throw refused(
              `pg_stat_statements is in the schema ${schema} of ${database}, where logins that are no administrator's can read what everybody does: \`drop extension pg_stat_statements\` there, and ask again; it is made anew where nobody else can read it, and what was counted is not lost`,
            )
          if (schema !== null) return { database, schema }
          await server.script(makeStatements).catch((error: unknown) => {
            if (sqlstate(error) !== '42501') throw error
            throw refused('only a superuser may make the extension pg_stat_statements there')
          })
          return { database, schema: (await server.one(statementsExtension)).schema! }
        })
      },
    },
  ],
  result: async ({ memory: { database, schema }, input: { cluster } }) => ({ cluster, database: database!, schema: schema! }),
})
