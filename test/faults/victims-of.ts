import { fill, seen, where } from '../restore/rig.js'
import { atMost, ISOLATIONS, type Rig } from './rig.js'

// What those who make victims of kills have in common.

export type Isolation = (typeof ISOLATIONS)[number]
export type Choose = (points: readonly string[]) => readonly string[]

export const all: Choose = (points) => points
export const isolationAt = (n: number): Isolation => ISOLATIONS[n % ISOLATIONS.length]!
export const same = (what: string, found: unknown, wanted: unknown): readonly string[] => {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  return a === b ? [] : [`${what}: ${a}, not ${b}`]
}

/** Makes a tenant with rows of all kinds; answers what is seen of them. */
export async function filled(rig: Rig, slug: string, isolation: Isolation): Promise<Readonly<Record<string, string>>> {
  await rig.fleet.run('tenant.create', { slug, isolation })
  await fill(rig, slug, slug)
  return seen(rig, await where(rig, slug))
}

/** For each point, a few at a time. */
export const made = async <T>(points: readonly string[], one: (point: string, n: number) => Promise<T>): Promise<readonly T[]> => {
  const found: T[] = []
  await atMost(
    4,
    points.map((point, n) => async () => {
      found[n] = await one(point, n)
    }),
  )
  return found
}
