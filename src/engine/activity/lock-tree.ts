/** Who waits for whom, by number. */
export interface Waits {
  readonly pid: number
  readonly blockedBy: readonly number[]
}

/** A line of the tree: below whoever it waits for. */
export interface Branch<T extends Waits> {
  readonly one: T
  readonly depth: number
  /** Whom it waits for on this line; null at a root. */
  readonly behind: number | null
  /** How many wait for it directly. */
  readonly blocks: number
  /** It stands on a ring, in which each waits for the next: PostgreSQL ends one of them after `deadlock_timeout`. */
  readonly cycle: boolean
  /** Those who wait for it stand where it stands first. */
  readonly again: boolean
}

/**
 * Those who wait, below those for whom they wait, depth first; whoever waits for several stands below each, and what is behind it only once. Where each waits
 * for the next in a ring nobody is first: the ring is cut where it was entered.
 */
export function lockTree<T extends Waits>(all: readonly T[]): readonly Branch<T>[] {
  const byPid = new Map(all.map((one) => [one.pid, one]))
  const waiters = new Map<number, T[]>()
  for (const one of all) {
    for (const pid of new Set(one.blockedBy)) {
      if (!byPid.has(pid) || pid === one.pid) continue
      const others = waiters.get(pid)
      if (others === undefined) waiters.set(pid, [one])
      else others.push(one)
    }
  }
  const behindOf = (pid: number): readonly T[] => waiters.get(pid) ?? []
  const onRing = ringsOf(all, behindOf)
  const lines: Branch<T>[] = []
  const shown = new Set<number>()
  const show = (root: T): void => {
    // No recursion: a queue of a thousand at one lock may stand in a row.
    const open: { readonly one: T; readonly depth: number; readonly behind: number | null }[] = [{ one: root, depth: 0, behind: null }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { one, depth, behind } = next
      const below = behindOf(one.pid)
      const again = shown.has(one.pid)
      lines.push({ one, depth, behind, blocks: below.length, cycle: onRing.has(one.pid), again })
      if (again) continue
      shown.add(one.pid)
      for (const waiter of below.toReversed()) open.push({ one: waiter, depth: depth + 1, behind: one.pid })
    }
  }
  const waitsForNobody = ({ blockedBy, pid }: T): boolean => !blockedBy.some((other) => other !== pid && byPid.has(other))
  for (const one of all) if (waitsForNobody(one)) show(one)
  // What no root leads to is on a ring, or behind one.
  for (const one of all) if (!shown.has(one.pid) && onRing.has(one.pid)) show(one)
  return lines
}

/** Everybody who, following those that wait for it, comes back to itself (Tarjan's components of more than one). */
function ringsOf<T extends Waits>(all: readonly T[], behindOf: (pid: number) => readonly T[]): ReadonlySet<number> {
  const index = new Map<number, number>()
  const low = new Map<number, number>()
  const stack: number[] = []
  const stacked = new Set<number>()
  const rings = new Set<number>()
  for (const { pid: start } of all) {
    if (index.has(start)) continue
    const work: { readonly pid: number; next: number }[] = [{ pid: start, next: 0 }]
    for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
      const { pid } = top
      if (top.next === 0) {
        index.set(pid, index.size)
        low.set(pid, index.get(pid)!)
        stack.push(pid)
        stacked.add(pid)
      }
      const waiter = behindOf(pid)[top.next++]
      if (waiter !== undefined) {
        if (!index.has(waiter.pid)) work.push({ pid: waiter.pid, next: 0 })
        else if (stacked.has(waiter.pid)) low.set(pid, Math.min(low.get(pid)!, index.get(waiter.pid)!))
        continue
      }
      work.pop()
      const parent = work.at(-1)
      if (parent !== undefined) low.set(parent.pid, Math.min(low.get(parent.pid)!, low.get(pid)!))
      if (low.get(pid) !== index.get(pid)) continue
      const component = stack.splice(stack.lastIndexOf(pid))
      for (const one of component) stacked.delete(one)
      if (component.length > 1) for (const one of component) rings.add(one)
    }
  }
  return rings
}
