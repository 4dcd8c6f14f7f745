import { databasesOfServer, type Survey, surveyDatabase } from '../../isolation/survey.js'
import type { Secrets } from '../../kernel/secrets.js'
import { openDatabase } from '../../postgres/session.js'
import { inspectServer } from '../../postgres/version.js'
import type { Config } from '../config.js'
import { serverOf } from '../platform.js'
import { clusterFactsIn } from './facts.js'
import type { GivenCluster, SurveyedCluster } from './plan.js'

/**
 * Looks into every database of the named servers, for those of one platform if one is wanted. Several clusters may be on one server: then a database is of
 * the one that it names.
 */
export async function surveyServers(
  clusters: readonly GivenCluster[],
  config: Config,
  secrets: Secrets,
  wanted: string | undefined,
): Promise<readonly SurveyedCluster[]> {
  const servers = new Map<string, { cluster: SurveyedCluster; surveys: readonly Survey[] }>()
  const found: SurveyedCluster[] = []
  for (const given of clusters) {
    const connection = serverOf(config, secrets, given.adminRef)
    const server = openDatabase(connection, { applicationName: 'tenantry rebuild', max: 1 })
    try {
      const { version, systemId, superuser } = await inspectServer(server)
      const cluster = { given, host: connection.host, port: connection.port, version, systemId, superuser, surveys: [] }
      found.push(cluster)
      if (servers.has(systemId)) continue
      const surveys: Survey[] = []
      for (const { name, mark } of await server.rows(databasesOfServer)) {
        const one = openDatabase({ ...connection, database: name }, { applicationName: 'tenantry rebuild', max: 1 })
        const survey = await surveyDatabase(one, mark, wanted)
          .catch(async (error: unknown) => {
            // Dropped by somebody since it was listed.
            if ((await server.rows(databasesOfServer)).every((left) => left.name !== name)) return undefined
            throw error
          })
          .finally(() => one.end())
        if (survey !== undefined) surveys.push(survey)
      }
      servers.set(systemId, { cluster, surveys })
    } finally {
      await server.end()
    }
  }
  return found.map((cluster) => {
    const { cluster: first, surveys } = servers.get(cluster.systemId)!
    const neighbours = new Map(found.filter(({ systemId }) => systemId === cluster.systemId).map((one) => [one.given.name, one]))
    const ownerOf = (survey: Survey): SurveyedCluster => neighbours.get(clusterFactsIn(survey)?.facts.name ?? '') ?? first
    return { ...cluster, surveys: surveys.filter((survey) => ownerOf(survey) === cluster) }
  })
}
