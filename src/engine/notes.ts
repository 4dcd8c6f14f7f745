import { AsyncLocalStorage } from 'node:async_hooks'
import { insertNotes, type NewNote, type NoteLevel } from '../catalog/notes.js'
import { stopwatch } from '../kernel/clock.js'
import type { Platform } from './platform.js'

/** What an operation has done, in words: for people, beside its journal. Nothing waits for it, and nothing fails by it. */
export interface Notes {
  readonly note: (level: NoteLevel, text: string) => void
  /** Kept once a second at most. */
  readonly progress: (text: string) => void
  /** Returns when all is written, or could not be. */
  readonly drain: () => Promise<void>
}

const SOON_MS = 250
const PROGRESS_EVERY_MS = 1_000
const LONGEST = 2_000

export function openNotes(platform: Pick<Platform, 'catalog' | 'log'>, operation: string): Notes {
  let waiting: { readonly level: NoteLevel; readonly text: string; readonly since: () => number }[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let sinceProgress: (() => number) | undefined

  const write = (): void => {
    clearTimeout(timer)
    timer = undefined
    const notes = waiting
    waiting = []
    if (notes.length === 0) return
    writing = writing.then(async () => {
      try {
        const rows = notes.map(({ level, text, since }): NewNote => ({ level, text, msAgo: since() }))
        await platform.catalog.run(insertNotes(operation, rows))
      } catch (error) {
        platform.log.info({ operation, error: (error as Error).message }, 'what an operation does could not be noted')
      }
    })
  }
  const note: Notes['note'] = (level, text) => {
    // PostgreSQL has no text with NUL.
    waiting.push({ level, text: text.replaceAll('\0', ' ').slice(0, LONGEST), since: stopwatch() })
    timer ??= setTimeout(write, SOON_MS).unref()
  }
  return {
    note,
    progress: (text) => {
      if (sinceProgress !== undefined && sinceProgress() < PROGRESS_EVERY_MS) return
      sinceProgress = stopwatch()
      note('info', text)
    },
    drain: async () => {
      write()
      await writing
    },
  }
}

const current = new AsyncLocalStorage<Notes>()

/** Whatever is noted within the body is of this operation. */
export const noting = <T>(notes: Notes, body: () => Promise<T>): Promise<T> => current.run(notes, body)

/** Of the operation that is running here, if one is. */
export const noteNow = (level: NoteLevel, text: string): void => current.getStore()?.note(level, text)

export const noteProgress = (text: string): void => current.getStore()?.progress(text)
