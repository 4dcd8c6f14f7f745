/** Remembers a bounded number of things by name; of too many, what was noted longest ago is forgotten. */
export interface Memory<T> {
  readonly get: (name: string) => T | undefined
  readonly set: (name: string, value: T) => void
  readonly forget: (name: string) => void
}

export function createMemory<T>(size: number): Memory<T> {
  const entries = new Map<string, T>()
  return {
    get: (name) => entries.get(name),
    set: (name, value) => {
      entries.delete(name)
      entries.set(name, value)
      if (entries.size > size) entries.delete(entries.keys().next().value!)
    },
    forget: (name) => void entries.delete(name),
  }
}
