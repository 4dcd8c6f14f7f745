import type { Readable, Writable } from 'node:stream'
import type { Services } from './serve.js'

/** Everything that the command line touches of its process; tests give it their own. */
export interface Io {
  /** Data, and nothing else. */
  readonly stdout: Writable
  /** Faults, notes, progress, questions. */
  readonly stderr: Writable
  readonly stdin?: Readable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  /** Aborted by Ctrl-C. */
  readonly interrupt?: AbortSignal
  /** Runs another program at this terminal; Ctrl-C is its own meanwhile, and no interruption of ours. */
  readonly lendTerminal?: <T>(body: () => Promise<T>) => Promise<T>
  /** What `serve` needs of the rooms beside this one. */
  readonly services?: () => Promise<Services>
}
