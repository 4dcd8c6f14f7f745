import type { Survey, SurveyedHome, SurveyedPlacement } from '../../isolation/survey.js'

/** A database as it was found, on the cluster that it belongs to. */
export interface Found {
  readonly cluster: string
  readonly survey: Survey
}

/** A database that says that a tenant lives in it. */
export interface Claim extends Found {
  readonly placement: SurveyedPlacement
  readonly home: SurveyedHome
}

export interface Settled {
  readonly tenant: string
  readonly kept: Claim
  readonly others: readonly Claim[]
  /** Nothing says that the others are the older ones. */
  readonly contested: boolean
}

export interface Claims {
  readonly settled: readonly Settled[]
  /** Databases that are not restored, since another has the same id. */
  readonly copies: readonly Found[]
  /** Tenants whose tables are nowhere. */
  readonly lost: readonly Claim[]
}

export const placeOf = ({ cluster, survey }: Found): string => `${cluster}/${survey.database}`
export const whereOf = (claim: Claim): string => `${placeOf(claim)}/${claim.home.schema} (epoch ${claim.placement.epoch})`

/** Who has which tenant: the higher epoch wins. Where two are equal, or the higher one cannot be restored, the tenant is contested. */
export function settleClaims(found: readonly Found[]): Claims {
  const copies = copiesAmong(found)
  const byTenant = new Map<string, Claim[]>()
  for (const one of found) {
    const homes = new Map(one.survey.homes.map((home) => [home.id, home]))
    for (const placement of one.survey.placements) {
      // What is left where a tenant has moved away from.
      if (placement.state === 'moved') continue
      const claim = { ...one, placement, home: homes.get(placement.home)! }
      const claims = byTenant.get(placement.tenant)
      if (claims === undefined) byTenant.set(placement.tenant, [claim])
      else claims.push(claim)
    }
  }
  const settled: Settled[] = []
  const lost: Claim[] = []
  for (const [tenant, claims] of byTenant) {
    const possible = claims.filter(({ survey, home }) => home.there && !copies.some((copy) => copy.survey === survey))
    const [kept] = [...possible].sort((a, b) => b.placement.epoch - a.placement.epoch)
    if (kept === undefined) {
      lost.push(claims[0]!)
      continue
    }
    const others = claims.filter((claim) => claim !== kept)
    settled.push({ tenant, kept, others, contested: others.some(({ placement }) => placement.epoch >= kept.placement.epoch) })
  }
  return { settled, copies, lost }
}

/** Of databases with one id the one that bears its mark is meant; of several, the one where the newest change of a placement is. */
function copiesAmong(found: readonly Found[]): readonly Found[] {
  const newest = ({ survey }: Found): number => Math.max(0, ...survey.placements.map(({ epoch }) => epoch))
  const originals = new Map<string, Found>()
  for (const one of found) {
    const before = originals.get(one.survey.databaseId)
    const better =
      before === undefined ||
      Number(one.survey.marked) - Number(before.survey.marked) > 0 ||
      (one.survey.marked === before.survey.marked && newest(one) > newest(before))
    if (better) originals.set(one.survey.databaseId, one)
  }
  return found.filter((one) => originals.get(one.survey.databaseId) !== one)
}
