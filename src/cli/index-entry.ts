import type { AnyOperation } from '../engine/operation.js'

/** What the command line knows of an operation before it loads it. */
export interface IndexEntry {
  readonly name: `${string}.${string}`
  readonly summary: string
  readonly positionals: readonly string[]
  readonly load: () => Promise<AnyOperation>
}
