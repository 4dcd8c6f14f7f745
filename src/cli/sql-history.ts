import { appendFile, chmod, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { makeFolders } from '../kernel/make-folders.js'
import type { Io } from './io.js'

export interface History {
  /** What was typed before, the newest first, as readline wants it. */
  readonly lines: readonly string[]
  /** Keeps the lines of a statement, unless it looks as if it held a secret. */
  readonly keep: (lines: readonly string[]) => Promise<void>
}

export const HISTORY_SIZE = 1_000

// Of a statement that names such a thing the whole is left out: the value may stand on another line.
const SECRET =
  /passw|passphrase|pwd|secret|token|credential|api[_-]?key|private[_-]?key|bearer|crypt\s*\(|tny_[a-z0-9]{8}|:\/\/[^\s/:]*:[^\s/]*@/i

export const looksSecret = (text: string): boolean => SECRET.test(text)

/** Beneath XDG_STATE_HOME, for its owner's eyes only. Where it cannot be kept, there is none. */
export async function openHistory(env: Io['env']): Promise<History> {
  const state = env.XDG_STATE_HOME !== undefined && isAbsolute(env.XDG_STATE_HOME) ? env.XDG_STATE_HOME : undefined
  const folder = join(state ?? join(env.HOME || homedir(), '.local', 'state'), 'tenantry')
  const path = join(folder, 'sql-history')
  const lines = await readFile(path, 'utf8').then(
    (text) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .slice(-HISTORY_SIZE)
        .reverse(),
    () => [],
  )
  let useless = false
  return {
    lines,
    keep: async (typed) => {
      if (useless || looksSecret(typed.join('\n'))) return
      const text = typed
        .filter((line) => line.trim() !== '')
        .map((line) => `${line}\n`)
        .join('')
      if (text === '') return
      try {
        await makeFolders(folder, 0o700)
        await appendFile(path, text, { mode: 0o600 })
        // One that was there before may have had another mode.
        await chmod(path, 0o600)
      } catch {
        useless = true
      }
    },
  }
}
