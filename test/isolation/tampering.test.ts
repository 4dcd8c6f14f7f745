import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { listClusters } from '../../src/catalog/clusters.js'
import { liveDatabasesOf, liveHomesOf } from '../../src/catalog/doctor.js'
import { LINT_IDS } from '../../src/isolation/advisor/ids.js'
import { loginName } from '../../src/isolation/names.js'
import { newId } from '../../src/kernel/clock.js'
import { fileText, type Sql } from '../../src/kernel/sql.js'
import { examineDatabase } from '../../src/operations/doctor/database.js'
import { examine } from '../../src/operations/doctor/examine.js'
import type { Found } from '../../src/operations/doctor/found.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import { type Fleet, startFleet } from '../../src/testing/fleet.js'
import { type OwnServer, startOwnServer } from '../support/own-server.js'
import type { Names } from './tampering.js'
import { IN_GENERAL } from './tamperings-in-general.js'
import { OF_RIGHTS } from './tamperings-of-rights.js'
import { OF_TABLES } from './tamperings-of-tables.js'

/** Every wall, taken down in turn. */
const TAMPERINGS = [...OF_TABLES, ...OF_RIGHTS, ...IN_GENERAL]

/** What a tampering cannot bring about: the server's release, and what is only known from the catalog. */
const NOT_HERE: readonly string[] = ['TL23', 'TL26']

const ON_SERVER = /^(cluster\.|roles\.|membership\.|settings\.|grants\.parameter$)/

const SQL = /^(alter|drop|create|revoke|reindex) /

describe('tampering with a wall', () => {
  let server: OwnServer
  let fleet: Fleet
  let intruder: Database
  let names: Names

  beforeAll(async () => {
    server = await startOwnServer()
    fleet = await startFleet({
      url: server.url(),
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN },
      tenants: { crowd: 'shared', own: 'schema' },
    })
    const [crowd, own] = [await fleet.tenant('crowd'), await fleet.tenant('own')]
    // One connection, as long as it lasts: what lives in a session is there until it ends.
    intruder = openDatabase(parseUrl(server.url(own.database), 'it'), { applicationName: 'intruder', max: 1 })
    const rows = await intruder.rows(
      fileText('select schema_name as schema, role_name as role from tenantry.home') as Sql<{ schema: string; role: string }>,
    )
    const role = (schema: string): string => rows.find((row) => row.schema === schema)!.role
    const prefix = `tny_${fleet.platform.id}_`
    names = {
      ...{ shared: crowd.schema, sharedRole: role(crowd.schema), own: own.schema, ownRole: role(own.schema) },
      ...{ app: `${prefix}app1`, owner: `${prefix}owner`, code: `${prefix}code`, tenant: `${prefix}tenant` },
      ...{ database: own.database, catalog: parseUrl(fleet.catalogUrl, 'it').database },
    }
  })
  afterAll(async () => {
    await intruder?.end()
    await fleet?.stop()
    await server?.stop()
  })

  // The server itself is older than the fixes, and no SQL mends that.
  const look = async (): Promise<readonly Found[]> =>
    (await examine(fleet.platform, { cluster: undefined })).filter(({ finding }) => finding.check !== 'cluster.version')
  // What is tampered with in the database is looked for there alone: the server takes as long again.
  const lookInside = async (): Promise<readonly Found[]> => {
    const { catalog, id } = fleet.platform
    const cluster = await catalog.one(listClusters)
    const [databases, homes] = [await catalog.rows(liveDatabasesOf(cluster.id)), await catalog.rows(liveHomesOf(cluster.id))]
    return examineDatabase(fleet.platform, cluster, databases[0]!, homes, loginName(id, 1))
  }
  // What a row that failed has left: the rows after it are about something else.
  let residue: ReadonlySet<string> = new Set()
  const seen = (found: readonly Found[]): readonly string[] =>
    found.map(({ finding }) => `${finding.lint ?? '-'} ${finding.check} ${finding.where}: ${finding.reason} → ${finding.fix}`)
  const mend = async ({ finding, database }: Found): Promise<void> => {
    if (finding.repair !== undefined) await finding.repair(database!, { operation: newId(), token: 1 })
    else if (SQL.test(finding.fix)) await intruder.script(fileText(finding.fix))
  }

  test('finds nothing before anybody has', async () => {
    expect(seen(await look())).toEqual([])
  })

  test.each(TAMPERINGS.map((row) => [row.lint, row.name, row] as const))(
    '%s: %s',
    async (lint, _, { check, tamper, beside = [], byHand, afterwards }) => {
      onTestFailed(async () => {
        residue = new Set(seen(await look()))
      })
      const lookThere = async (): Promise<readonly Found[]> => {
        const found = await (ON_SERVER.test(check) ? look() : lookInside())
        return found.filter((_, i) => !residue.has(seen(found)[i]!))
      }
      await intruder.script(fileText(tamper(names)))
      const found = await lookThere()
      const [own, others] = [
        found.filter(({ finding }) => finding.lint === lint && finding.check === check),
        found.filter(({ finding }) => finding.lint !== lint || finding.check !== check),
      ]
      expect(seen(own), seen(found).join('\n')).toHaveLength(1)
      expect(seen(others.filter(({ finding }) => !beside.includes(finding.check)))).toEqual([])
      expect(JSON.stringify(seen(found))).not.toContain('do-not-tell')
      const { finding } = own[0]!
      const said = finding.repair === undefined && !SQL.test(finding.fix)
      expect(said, `${finding.fix} is ${said ? 'no ' : ''}SQL`).toBe(byHand !== undefined)
      for (const one of [...own, ...others]) await mend(one)
      if (byHand !== undefined) await intruder.script(fileText(byHand(names)))
      if (afterwards !== undefined) await intruder.script(fileText(afterwards(names)))
      let left = await lookThere()
      if (beside.length > 0 && left.length > 0) {
        for (const one of left) await mend(one)
        left = await lookThere()
      }
      expect(seen(left)).toEqual([])
    },
  )

  test('leaves nothing behind once all is mended', async () => {
    expect(seen(await look())).toEqual([])
  })

  test('is tried with every rule that can be broken on a living server', () => {
    expect(LINT_IDS.filter((id) => !NOT_HERE.includes(id) && !TAMPERINGS.some(({ lint }) => lint === id))).toEqual([])
  })

  test('a server without the newest fixes is told of, and that no SQL mends it', async () => {
    const [old] = (await examine(fleet.platform, { cluster: undefined })).filter(({ finding }) => finding.lint === 'TL23')
    expect(old?.finding).toMatchObject({ check: 'cluster.version', fix: expect.stringMatching(/^upgrade to 18\./) })
  })

  test("a tenant's name in that of a schema is told of once it is known who the tenant is", async () => {
    const { catalog } = fleet.platform
    const slug = names.own.replaceAll('_', '-')
    await catalog.script(fileText(`update catalog.tenant set slug = '${slug}' where slug = 'own'`))
    const found = await look()
    await catalog.script(fileText(`update catalog.tenant set slug = 'own' where slug = '${slug}'`))
    expect(found.map(({ finding }) => finding)).toMatchObject([
      { lint: 'TL26', check: 'names.tenant', severity: 'advice', where: expect.stringContaining(names.own) },
    ])
  })
})
