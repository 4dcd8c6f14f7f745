import type { OutputOf } from 'tenantry/api'

type Status = OutputOf<'migrate.status'>
type Standing = Status['data'][number]

export interface Cell {
  readonly homes: number
  readonly tenants: number
}

/** The homes that stand at one version of one track, by how they are kept apart. */
export interface VersionLine {
  readonly track: string
  readonly version: string
  readonly newest: string | null
  readonly offered: string | null
  readonly current: boolean
  readonly cells: Readonly<Record<string, Cell>>
  readonly all: Cell
}

const plus = (a: Cell | undefined, b: Cell): Cell => ({ homes: (a?.homes ?? 0) + b.homes, tenants: (a?.tenants ?? 0) + b.tenants })

/** Versions are digits, as long as somebody likes. */
const compareVersions = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)

/** Tenants first, then services by name; within each the newest version first. */
export function versionLines(data: readonly Standing[]): readonly VersionLine[] {
  const lines = new Map<string, VersionLine>()
  for (const one of data) {
    const key = `${one.track} ${one.version} ${one.current}`
    const known = lines.get(key)
    lines.set(key, {
      track: one.track,
      version: one.version,
      newest: one.newest,
      offered: one.offered,
      current: one.current,
      cells: { ...known?.cells, [one.isolation]: plus(known?.cells[one.isolation], one) },
      all: plus(known?.all, one),
    })
  }
  const rank = (track: string): string => (track === 'tenant' ? '' : track)
  return [...lines.values()].toSorted(
    (a, b) => rank(a.track).localeCompare(rank(b.track)) || compareVersions(b.version, a.version) || Number(b.current) - Number(a.current),
  )
}

/** How a line stands to the files, in a word. */
export function standingOf({
  current,
  newest,
  offered,
  version,
}: VersionLine): 'current' | 'behind' | 'on request' | 'past the files' | 'no files' {
  if (current) return 'current'
  if (newest === null) return 'no files'
  if (compareVersions(version, newest) > 0) return 'past the files'
  return offered === null ? 'behind' : 'on request'
}

/** The home of an item, without its id. */
export const itemWords = (item: string): string => item.replace(/ [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, '')
