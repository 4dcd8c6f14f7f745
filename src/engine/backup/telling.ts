import { humanBytes } from '../../kernel/amounts.js'
import { stopwatch } from '../../kernel/clock.js'
import { humanDuration } from '../../kernel/durations.js'
import type { Platform } from '../platform.js'
import type { Progress } from './tenant-archive.js'

// Often enough for people, and nothing beside the work.
const EVERY_MS = 500

/** Tells how far one backup has come, now and then: rows, bytes, and how long it will take at this pace. */
export function tellOf(platform: Platform): (progress: Progress) => void {
  const elapsed = stopwatch()
  let told = 0
  return ({ slug, rows, rowsInAll, plainBytes, bytes }) => {
    const now = elapsed()
    if (now - told < EVERY_MS) return
    told = now
    const amounts = `${rows} of ${rowsInAll} rows, ${humanBytes(plainBytes)} as ${humanBytes(bytes)}`
    platform.progress(`${slug}: ${amounts}${timeLeft(now, rows, rowsInAll)}`)
  }
}

/** The same of many. */
export function tellOfAll(
  platform: Platform,
  what: string,
): { readonly add: (bytes: number) => void; readonly onItem: (done: number, total: number) => void } {
  const elapsed = stopwatch()
  let [written, before] = [0, -1]
  return {
    add: (bytes) => {
      written += bytes
    },
    onItem: (done, total) => {
      // After a crash many were done before this process began.
      if (before < 0) before = done - 1
      platform.progress(`${done} of ${total} ${what}, ${humanBytes(written)}${timeLeft(elapsed(), done - before, total - before)}`)
    },
  }
}

const timeLeft = (ms: number, done: number, inAll: number): string =>
  done === 0 || done >= inAll ? '' : `, ${humanDuration((ms / done) * (inAll - done))} left`
