/** Pseudo-random choices that are the same for the same seed, on every machine. */
export interface Random {
  /** In [0, 1). */
  readonly next: () => number
  /** A whole number between both, both included. */
  readonly int: (from: number, to: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  readonly chance: (probability: number) => boolean
  /** An index, each as likely as its share of all weights. */
  readonly weighted: (weights: readonly number[]) => number
  readonly uuid: () => string
}

export function randomFrom(seed: string): Random {
  let state = hash(seed)
  // Mulberry32: 32 bits of state are plenty for a shop.
  const bits = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const next = (): number => bits() / 2 ** 32
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  const hex = (): string => bits().toString(16).padStart(8, '0')
  return {
    next,
    int,
    pick: (list) => list[int(0, list.length - 1)]!,
    chance: (probability) => next() < probability,
    weighted: (weights) => {
      let left = next() * weights.reduce((sum, weight) => sum + weight, 0)
      const found = weights.findIndex((weight) => {
        left -= weight
        return left < 0
      })
      return found < 0 ? weights.length - 1 : found
    },
    uuid: () => {
      const [a, b, c, d] = [hex(), hex(), hex(), hex()]
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`
    },
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value
}
