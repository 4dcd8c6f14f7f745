import { ISOLATIONS } from '../catalog/homes.js'
import type { Placed } from './items.js'

/** A home as waves see it. */
export interface WaveHome {
  readonly key: string
  /** The order of homes that differ in nothing else. */
  readonly number: number
  /** That it serves; warm ones are nobody's, and not counted. */
  readonly tenants: number
  readonly isolation: string
  /** Of all its tenants. */
  readonly labels: readonly Readonly<Record<string, string>>[]
  readonly tiers: readonly string[]
}

export type WaveTerm =
  | { readonly kind: 'share'; readonly percent: number }
  | { readonly kind: 'label'; readonly key: string; readonly value: string }
  | { readonly kind: 'tier' | 'isolation'; readonly value: string }

export interface WaveSpec {
  /** This many homes first. */
  readonly canaries: number | undefined
  /** Homes with a tenant that has this label first. */
  readonly canary: { readonly key: string; readonly value: string } | undefined
  readonly terms: readonly WaveTerm[]
}

export interface Wave {
  readonly wave: number
  readonly name: string
  readonly homes: number
  readonly tenants: number
}

export interface WavePlan {
  readonly waves: readonly Wave[]
  readonly placed: ReadonlyMap<string, Placed>
}

/** `5%,25%,100%`, `label=ring:early,tier=free`, `isolation=schema`, and any mixture. A string says what is wrong with it. */
export function parseWaves(text: string): readonly WaveTerm[] | string {
  const terms: WaveTerm[] = []
  let share = 0
  for (const word of text.split(',').map((one) => one.trim())) {
    const percent = /^(\d{1,3}(?:\.\d{1,2})?)%$/.exec(word)?.[1]
    const [, kind, value = ''] = /^(label|tier|isolation)=(.+)$/.exec(word) ?? []
    if (percent !== undefined) {
      if (Number(percent) <= share || Number(percent) > 100)
        return `shares are of the whole fleet and rise, up to 100%: ${word} cannot follow ${share}%`
      share = Number(percent)
      terms.push({ kind: 'share', percent: share })
    } else if (kind === 'label') {
      const at = value.indexOf(':')
      if (at <= 0) return `${word}: a label is written label=KEY:VALUE`
      terms.push({ kind, key: value.slice(0, at), value: value.slice(at + 1) })
    } else if (kind === 'isolation' && !ISOLATIONS.some((one) => one === value)) return `${word}: an isolation is ${ISOLATIONS.join(', ')}`
    else if (kind === 'tier' || kind === 'isolation') terms.push({ kind, value })
    else return `"${word.slice(0, 60)}" is no wave: write a share (5%), label=KEY:VALUE, tier=NAME or isolation=NAME`
  }
  return terms
}

/** Homes of few tenants first, so that little depends on what is tried first; those of none at the end, since nothing can be learned from them. */
const byRisk = (a: WaveHome, b: WaveHome): number =>
  Number(a.tenants === 0) - Number(b.tenants === 0) || a.tenants - b.tenants || a.number - b.number

const has = (home: WaveHome, key: string, value: string): boolean =>
  home.labels.some((labels) => Object.hasOwn(labels, key) && labels[key] === value)

/** Every home in the first wave that it belongs to; what belongs to none is a last wave of its own. The same homes always come to the same plan. */
export function planWaves(homes: readonly WaveHome[], spec: WaveSpec): WavePlan {
  const left = new Set([...homes].sort(byRisk))
  const waves: Wave[] = []
  const placed = new Map<string, Placed>()
  const take = (name: string, chosen: readonly WaveHome[]): void => {
    if (chosen.length === 0) return
    const wave = waves.length + 1
    for (const [place, home] of chosen.entries()) {
      left.delete(home)
      placed.set(home.key, { wave, place, tenants: home.tenants })
    }
    waves.push({ wave, name, homes: chosen.length, tenants: chosen.reduce((sum, home) => sum + home.tenants, 0) })
  }
  const { canaries, canary, terms } = spec
  const matching = (test: (home: WaveHome) => boolean): readonly WaveHome[] => [...left].filter(test)
  if (canary !== undefined)
    take(
      `canaries ${canary.key}=${canary.value}`,
      matching((home) => has(home, canary.key, canary.value)),
    )
  if (canaries !== undefined) take('canaries', [...left].slice(0, canaries))
  for (const term of terms) {
    if (term.kind === 'share') {
      const wanted = Math.ceil((homes.length * term.percent) / 100)
      take(`${term.percent}%`, [...left].slice(0, Math.max(0, wanted - placed.size)))
    } else if (term.kind === 'label')
      take(
        `label ${term.key}=${term.value}`,
        matching((home) => has(home, term.key, term.value)),
      )
    else
      take(
        `${term.kind} ${term.value}`,
        matching((home) => (term.kind === 'tier' ? home.tiers.includes(term.value) : home.isolation === term.value)),
      )
  }
  take(waves.length === 0 ? 'all' : 'the rest', [...left])
  return { waves, placed }
}
