import type { DataSource } from 'typeorm'

type QueryResultCache = ReturnType<NonNullable<Exclude<NonNullable<DataSource['options']['cache']>, boolean>['provider']>>

/** A cache of results as an application would write one for TypeORM: by the text of the query. */
export function memoryCache(): QueryResultCache {
  const kept = new Map<string, string>()
  const keyOf = ({ identifier, query }: { identifier?: string; query?: string }): string => identifier ?? query ?? ''
  return {
    connect: async () => {},
    disconnect: async () => {},
    synchronize: async () => {},
    getFromCache: async (options) => {
      const result = kept.get(keyOf(options))
      return result === undefined ? undefined : { ...options, result }
    },
    storeInCache: async (options) => {
      kept.set(keyOf(options), String(options.result))
    },
    isExpired: () => false,
    clear: async () => kept.clear(),
    remove: async () => kept.clear(),
  }
}
