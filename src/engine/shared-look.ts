import { stopwatch } from '../kernel/clock.js'
import type { Platform } from './platform.js'

interface Look {
  readonly answer: Promise<unknown>
  /** Since it was answered. */
  age: (() => number) | undefined
}

/**
 * One look for all who ask in the same moment, and for whoever asks within so many milliseconds after it was answered. `what` tells looks apart: of each
 * platform the last is kept. What fails is told to those who wait for it, and looked at anew for the next.
 */
export function sharedLook<T>(forMs: number): (platform: Platform, what: string, look: () => Promise<T>) => Promise<T> {
  const known = new WeakMap<Platform, { readonly what: string; readonly look: Look }>()
  return (platform, what, look) => {
    const last = known.get(platform)
    if (last?.what === what && (last.look.age === undefined || last.look.age() < forMs)) return last.look.answer as Promise<T>
    const mine: Look = { answer: look(), age: undefined }
    known.set(platform, { what, look: mine })
    mine.answer.then(
      () => {
        mine.age = stopwatch()
      },
      () => {
        if (known.get(platform)?.look === mine) known.delete(platform)
      },
    )
    return mine.answer as Promise<T>
  }
}
