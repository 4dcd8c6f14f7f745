/** What a key means in a grid whose rows are `count`, with the row `at` in focus (undefined: none yet). */
export type GridDeed =
  | { readonly go: number }
  | { readonly toggle: number }
  | { readonly open: number }
  | { readonly search: true }
  | { readonly clear: true }

export interface Pressed {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}

const PAGE = 10

export function gridDeed({ key, ctrlKey, metaKey, altKey }: Pressed, at: number | undefined, count: number): GridDeed | undefined {
  if (ctrlKey || metaKey || altKey) return undefined
  if (key === '/') return { search: true }
  if (key === 'Escape') return { clear: true }
  if (count === 0) return undefined
  const go = (to: number): GridDeed => ({ go: Math.max(0, Math.min(count - 1, to)) })
  if (key === 'j' || key === 'ArrowDown') return go(at === undefined ? 0 : at + 1)
  if (key === 'k' || key === 'ArrowUp') return go(at === undefined ? 0 : at - 1)
  if (at === undefined) return undefined
  if (key === 'PageDown') return go(at + PAGE)
  if (key === 'PageUp') return go(at - PAGE)
  if (key === 'Home') return go(0)
  if (key === 'End') return go(count - 1)
  if (key === 'x' || key === ' ') return { toggle: at }
  if (key === 'Enter') return { open: at }
  return undefined
}

/** `-size` and `size` are the same order, read from either end. */
export const sortKey = (sort: string): string => sort.replace(/^-/, '')

/** What a click on a column's head asks for: its order, and the other way round when it is that already. */
export const nextSort = (sort: string, key: string): string => (sort === key ? `-${key}` : key)
