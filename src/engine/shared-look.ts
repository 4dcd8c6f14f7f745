import { stopwatch } from '../kernel/clock.js'
import type { Platform } from './platform.js'

interface Look {
  readonly answer: Promise<unknown>
  /** Since it was answered. */
  age: (() => number) | undefined
}

/**
 * One look for all who ask in the same moment, and for whoever asks within so many milliseconds after it was answered. `what` tells looks apart. What fails is
 * told to those who wait for it, and looked at anew for the next.
 */
export function sharedLook<T>(forMs: number): (platform: Platform, what: string, look: () => Promise<T>) => Promise<T> {
  const known = new WeakMap<Platform, Map<string, Look>>()
  const isFresh = ({ age }: Look): boolean => age === undefined || age() < forMs
  return (platform, what, look) => {
    const looks = known.get(platform) ?? new Map<string, Look>()
    known.set(platform, looks)
    for (const [name, one] of looks) if (!isFresh(one)) looks.delete(name)
    const last = looks.get(what)
    if (last !== undefined) return last.answer as Promise<T>
    const mine: Look = { answer: look(), age: undefined }
    looks.set(what, mine)
    mine.answer.then(
      () => {
        mine.age = stopwatch()
      },
      () => {
        looks.delete(what)
      },
    )
    return mine.answer as Promise<T>
  }
}
