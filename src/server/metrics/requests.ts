import type { Family } from './text.js'

const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** How long this process took for requests since it began, by operation and status. */
export interface RequestTimes {
  readonly add: (operation: string, status: number, seconds: number) => void
  readonly family: () => Family
}

interface Times {
  readonly operation: string
  readonly status: number
  /** How many took no longer than the bound of the same place, and longer than the one before; the last are longer than all. */
  readonly within: number[]
  sum: number
}

/** There are as many of them as operations and statuses: what somebody asks for that is no operation is one of `none`. */
export function requestTimes(): RequestTimes {
  const known = new Map<string, Times>()
  return {
    add: (operation, status, seconds) => {
      const key = `${operation} ${status}`
      let times = known.get(key)
      if (times === undefined) {
        times = { operation, status, within: Array(BOUNDS_S.length + 1).fill(0), sum: 0 }
        known.set(key, times)
      }
      const place = BOUNDS_S.findIndex((bound) => seconds <= bound)
      times.within[place === -1 ? BOUNDS_S.length : place]!++
      times.sum += seconds
    },
    family: () => ({
      name: 'tenantry_http_request_duration_seconds',
      help: 'How long this process took for requests; of a stream, until it began',
      type: 'histogram',
      points: [...known.values()].flatMap(({ operation, status, within, sum }) => {
        const labels = { operation, status: String(status) }
        let count = 0
        const buckets = [...BOUNDS_S, Number.POSITIVE_INFINITY].map((bound, place) => {
          count += within[place]!
          return {
            part: '_bucket' as const,
            labels: { ...labels, le: bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound) },
            value: count,
          }
        })
        return [...buckets, { part: '_sum' as const, labels, value: sum }, { part: '_count' as const, labels, value: count }]
      }),
    }),
  }
}
