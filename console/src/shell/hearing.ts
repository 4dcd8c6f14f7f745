import { useEffect, useSyncExternalStore } from 'react'
import { type Hearing, hear } from '../data/live.js'

let hearing: Hearing | undefined
const listeners = new Set<() => void>()

const tell = (told: Hearing): void => {
  hearing = told
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What is heard of the platform; undefined before the first word. */
export const useHearing = (): Hearing | undefined => useSyncExternalStore(subscribe, () => hearing)

/** Hears for as long as the page is shown. */
export function useListening(): void {
  useEffect(() => {
    const end = new AbortController()
    hear(tell, end.signal)
    return () => end.abort()
  }, [])
}
