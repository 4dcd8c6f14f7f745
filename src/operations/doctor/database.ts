import { assuranceChange } from '../../catalog/assurance.js'
import type { ClusterListing } from '../../catalog/clusters.js'
import { type ClusterDatabase, homesByName, type LiveHome, placementsIn } from '../../catalog/doctor.js'
import { assuranceOf } from '../../engine/assurance.js'
import type { Platform } from '../../engine/platform.js'
import { databaseRules } from '../../isolation/advisor/advise.js'
import { checkAssurance } from '../../isolation/doctor/assurance.js'
import { checkIdentity, checkInstalled, checkStamp } from '../../isolation/doctor/database.js'
import { type Finding, told } from '../../isolation/doctor/finding.js'
import { checkGrants } from '../../isolation/doctor/grants.js'
import { checkSchemaOrphans } from '../../isolation/doctor/orphans.js'
import { checkHomes, checkPlacements } from '../../isolation/doctor/placements.js'
import { checkRevocations } from '../../isolation/doctor/revocations.js'
import type { DatabaseSubject } from '../../isolation/doctor/subject.js'
import { checkOwners, checkTables } from '../../isolation/doctor/tables.js'
import { tenantColumnOf } from '../../isolation/model.js'
import { PLATFORM_SCHEMA } from '../../isolation/names.js'
import { isFault } from '../../kernel/faults.js'
import { tracksOf } from '../../schema/check.js'
import { gate } from '../../schema/gate.js'
import { checkOwnCode } from '../../schema/own-code.js'
import { attempt, type Found } from './found.js'

/** Looks at one tenant-bearing database with all homes in it. */
export async function examineDatabase(
  platform: Platform,
  cluster: ClusterListing,
  facts: ClusterDatabase,
  homes: readonly LiveHome[],
  firstLogin: string,
): Promise<readonly Found[]> {
  const database = platform.connect(cluster.adminRef, facts.name)
  const where = `${cluster.name}/${facts.name}`
  const own = homes.filter((home) => home.databaseId === facts.id)
  const subject: DatabaseSubject = {
    database,
    where,
    names: platform.names,
    installation: {
      databaseId: facts.id,
      platformId: platform.id,
      names: platform.names,
      extensions: platform.config.extensions,
      files: platform.homeFiles,
      hardened: cluster.hardened,
    },
    adopted: facts.adopted,
    tenantColumn: platform.config.tenantColumn,
    hidden: platform.config.hidden,
    homes: own,
    logins: [...new Set([...(facts.isDefault ? [firstLogin] : []), ...own.map((home) => home.login)])],
  }
  const stranger = await identify(subject)
  if (stranger.length > 0) return stranger.map((finding) => ({ finding, database }))
  const gone = await attempt(database, where, () => checkHomes(subject))
  // What is not there has no walls to speak of.
  const missing = new Set(gone.filter(({ finding }) => finding.check === 'home.missing').map(({ finding }) => finding.where))
  const whole = { ...subject, homes: own.filter((home) => !missing.has(`${where}/${home.schema}`)) }
  const found = [...gone]
  const checks: readonly (() => Promise<readonly Finding[]>)[] = [
    () => checkInstalled(whole),
    () => checkStamp(whole),
    () => checkAssurance(whole, () => wantedAssurance(platform, facts.id)),
    () => checkTables(whole),
    () => checkOwners(whole),
    () => checkGrants(whole),
    () => checkRevocations(whole),
    () => checkGate(whole),
    () => checkOwnCode(whole),
    ...databaseRules(whole),
    async () => checkServices(platform, whole),
    () => checkPlacements(whole, () => platform.catalog.rows(placementsIn(facts.id))),
    () => checkSchemaOrphans(whole, platform.config.naming.schema, () => platform.catalog.rows(homesByName(facts.id))),
  ]
  for (const check of checks) found.push(...(await attempt(database, where, check)))
  return found
}

async function wantedAssurance(platform: Platform, database: string) {
  const change = await platform.catalog.one(assuranceChange(database))
  return { ...(await assuranceOf(platform, database)), ...change }
}

async function identify(subject: DatabaseSubject): Promise<readonly Finding[]> {
  try {
    return await checkIdentity(subject)
  } catch (error) {
    if (!isFault(error)) throw error
    return [told('database.missing', subject.where, error.message, error.remedy)]
  }
}

/** What follows migrations that nobody can find stays as it is for ever. */
function checkServices({ config }: Platform, { where, homes }: DatabaseSubject): readonly Finding[] {
  const lost = homes.filter((home) => !tracksOf(config).includes(home.track))
  return lost.map(({ schema, track }) => {
    const fix = `name ${track} under \`services\` in tenantry.config.ts, with the folder of its migrations`
    return told('home.service', `${where}/${schema}`, `the configuration names no service ${track}, so nothing brings this home up`, fix)
  })
}

/** All homes of tenants at once, then all of services, then the platform. */
async function checkGate({ database, where, homes, tenantColumn }: DatabaseSubject): Promise<readonly Finding[]> {
  const schemasWith = (column: string | null): readonly string[] =>
    homes.filter((home) => tenantColumnOf(home, tenantColumn) === column).map((home) => home.schema)
  const subjects = [
    { schemas: schemasWith(tenantColumn), platform: false, tenantColumn },
    ...(tenantColumn === null ? [] : [{ schemas: schemasWith(null), platform: false, tenantColumn: null }]),
    { schemas: [PLATFORM_SCHEMA], platform: true, tenantColumn },
  ]
  const findings: Finding[] = []
  for (const subject of subjects) {
    const asked = { ...subject, projectColumn: tenantColumn, withoutWalls: true }
    // What mends them takes longer to plan than to look, and mostly there is nothing to mend.
    if ((await gate(database, asked)).length === 0) continue
    for (const { schema, lint, finding, fix } of await gate(database, { ...asked, fixes: true }))
      findings.push(told('walls.gate', `${where}/${schema}`, finding, fix, lint))
  }
  return findings
}
