import type { RebuiltBeside } from '../../catalog/rebuilt.js'
import { type Found, placeOf, type Settled } from './claims.js'
import type { Known, TenantFacts } from './facts.js'

/**
 * Homes of tenants that no placement names: as the copies of their facts say. A tenant that was pointed elsewhere since has left the one that it lived in
 * then, and a database that it has moved away from says so itself: until when these are kept nobody knows, so that nothing drops them.
 */
export function planBesides(
  settled: readonly Settled[],
  found: readonly Found[],
  factsOf: ReadonlyMap<string, Known<TenantFacts>>,
  unknown: string[],
): readonly RebuiltBeside[] {
  const homes = new Map(found.flatMap((one) => one.survey.homes.filter(({ there }) => there).map((home) => [home.id, { one, home }])))
  const lived = new Set(settled.map(({ kept }) => kept.home.id))
  const left = new Map<string, string[]>()
  for (const { survey } of found)
    for (const { tenant, home, state } of survey.placements) if (state === 'moved') left.set(tenant, [...(left.get(tenant) ?? []), home])
  return settled.flatMap(({ tenant, kept }) => {
    const facts = factsOf.get(tenant)?.facts
    const mayBe = (home: string): boolean => {
      const there = homes.get(home)
      // What is one tenant's own is nobody else's.
      return there !== undefined && home !== kept.home.id && (there.home.isolation === 'shared' || !lived.has(home))
    }
    const known = (facts?.beside ?? []).filter(({ home }) => mayBe(home)).map((one): RebuiltBeside => ({ tenant, ...one }))
    const others = new Set([...(facts?.home == null ? [] : [facts.home]), ...(left.get(tenant) ?? [])])
    for (const { home } of known) others.delete(home)
    const former = [...others].filter(mayBe).map((home): RebuiltBeside => {
      const { one, home: there } = homes.get(home)!
      unknown.push(
        `tenant ${facts?.slug ?? tenant}: until when its former home ${placeOf(one)}/${there.schema} is kept; nothing drops it by itself`,
      )
      return { tenant, home, kind: 'former', backup: null, partial: false, madeAt: null, until: null, note: null }
    })
    return [...known, ...former]
  })
}
