/** One measured figure, as every bench and drill reports it. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly goal?: number
  readonly better: 'higher' | 'lower'
  readonly ok: boolean
}

export interface Contender {
  readonly name: string
  /** Does one unit of work; called by each worker in a loop. */
  readonly work: (worker: number, round: number) => Promise<unknown>
}

/** Contenders with their connections opened. */
export interface LineUp {
  readonly contenders: readonly Contender[]
  readonly end: () => Promise<void>
}

/** Operations per second of each contender, a sample per round; samples of the same round belong together. */
export type Samples = ReadonlyMap<string, readonly number[]>

/**
 * Races several contenders, interleaved in slices so that whatever else the machine does hits all of them alike: one warm-up slice each, then `rounds`
 * rounds in turning order. All of it several times with new connections, since a set of connections is fast or slow for as long as it lives, by where
 * the kernel has put its processes.
 */
export async function race(
  lineUp: () => Promise<LineUp>,
  options: { readonly workers: number; readonly sliceMs: number; readonly rounds: number; readonly lineUps: number },
): Promise<Samples> {
  const samples = new Map<string, number[]>()
  for (let i = 0; i < options.lineUps; i++) {
    const { contenders, end } = await lineUp()
    try {
      for (const contender of contenders) await slice(contender, options)
      for (let round = 0; round < options.rounds; round++) {
        for (let place = 0; place < contenders.length; place++) {
          const contender = contenders[(place + round) % contenders.length]!
          const mine = samples.get(contender.name) ?? []
          mine.push(await slice(contender, options))
          samples.set(contender.name, mine)
        }
      }
    } finally {
      await end()
    }
  }
  return samples
}

export const rate = (samples: Samples, name: string): number => median(samples.get(name)!)

/** How much faster one is than the other: the median of the rounds. */
export const ratio = (samples: Samples, name: string, other: string): number =>
  median(samples.get(name)!.map((value, round) => value / samples.get(other)![round]!))

async function slice(contender: Contender, options: { readonly workers: number; readonly sliceMs: number }): Promise<number> {
  const start = process.hrtime.bigint()
  const until = start + BigInt(options.sliceMs) * 1_000_000n
  let done = 0
  await Promise.all(
    Array.from({ length: options.workers }, async (_, worker) => {
      for (let round = 0; process.hrtime.bigint() < until; round++) {
        await contender.work(worker, round)
        done++
      }
    }),
  )
  return done / (Number(process.hrtime.bigint() - start) / 1e9)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function figure(name: string, value: number, unit: string, better: 'higher' | 'lower', goal?: number): Figure {
  const ok = goal === undefined || (better === 'higher' ? value >= goal : value <= goal)
  return { name, value: Number(value.toPrecision(4)), unit, ...(goal === undefined ? {} : { goal }), better, ok }
}

/** Prints a report for people, or as the one JSON document that machines read; the exit status says whether every goal was met. */
export function report(kind: 'suite' | 'drill', name: string, results: readonly Figure[], argv: readonly string[]): number {
  const machine = `node ${process.version}, ${process.arch}`
  if (argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ [kind]: name, machine, [kind === 'suite' ? 'figures' : 'checks']: results }, null, 2)}\n`)
  } else {
    for (const result of results) {
      const goal =
        result.goal === undefined
          ? ''
          : `  (goal ${result.better === 'higher' ? '≥' : '≤'} ${result.goal}: ${result.ok ? 'reached' : 'MISSED'})`
      process.stdout.write(`${result.name.padEnd(64)} ${String(result.value).padStart(10)} ${result.unit}${goal}\n`)
    }
  }
  return results.every((result) => result.ok) ? 0 : 1
}
