/** One run of the same work at a time, and all who ask for it meanwhile get its answer or its error. */
export interface Flights {
  readonly join: (key: string, work: () => Promise<string>) => Promise<string>
}

/** Whoever asks while it runs shares it, although it began before: right where the key says from when on the answer holds. */
export function createFlights(): Flights {
  const flights = new Map<string, Promise<string>>()
  return {
    join: (key, work) => {
      const running = flights.get(key)
      if (running !== undefined) return running
      const flight = work().finally(() => flights.delete(key))
      flights.set(key, flight)
      return flight
    },
  }
}

/**
 * As above where nothing says from when on an answer holds: who asks while one runs may know of a change that it has not seen, so they wait for the
 * next one, together.
 */
export function createFreshFlights(): Flights {
  const lanes = new Map<string, { readonly running: Promise<string>; next: Promise<string> | undefined }>()
  const start = (key: string, work: () => Promise<string>): Promise<string> => {
    const running = work().finally(() => {
      const lane = lanes.get(key)
      // With a next one the lane stays: who comes before that has begun shares it.
      if (lane?.running === running && lane.next === undefined) lanes.delete(key)
    })
    lanes.set(key, { running, next: undefined })
    return running
  }
  return {
    join: (key, work) => {
      const lane = lanes.get(key)
      if (lane === undefined) return start(key, work)
      lane.next ??= lane.running.then(
        () => start(key, work),
        () => start(key, work),
      )
      return lane.next
    },
  }
}
