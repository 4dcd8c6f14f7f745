import { useSyncExternalStore } from 'react'
import type { OperationName } from './names.js'

/** What went wrong, as it is shown: of a fault of the API, or of an operation that has ended badly. */
export interface Failure {
  readonly code: string
  readonly cause: string
  readonly remedy: string
  readonly issues: readonly string[]
}

/** A change that was asked for on this page. */
export interface Doing {
  readonly id: number
  readonly name: OperationName
  /** In words: `Suspend acme`. */
  readonly title: string
  readonly state: 'asked' | 'running' | 'done' | 'failed'
  /** The journaled operation, once there is one. */
  readonly operation: string | undefined
  readonly failure: Failure | undefined
}

const MOST = 20

let doings: readonly Doing[] = []
let next = 1
const listeners = new Set<() => void>()

const change = (changed: readonly Doing[]): void => {
  doings = changed
  for (const listener of listeners) listener()
}

export function begin(name: OperationName, title: string): number {
  const id = next++
  change([...doings.slice(1 - MOST), { id, name, title, state: 'asked', operation: undefined, failure: undefined }])
  return id
}

export const update = (id: number, facts: Partial<Omit<Doing, 'id' | 'name' | 'title'>>): void =>
  change(doings.map((doing) => (doing.id === id ? { ...doing, ...facts } : doing)))

export const dismiss = (id: number): void => change(doings.filter((doing) => doing.id !== id))

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Everything that was asked for on this page and not dismissed yet, oldest first. */
export const useDoings = (): readonly Doing[] => useSyncExternalStore(subscribe, () => doings)
