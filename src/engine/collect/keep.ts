import {
  binsToRoll,
  forgetTurns,
  insertSamples,
  removeOldSamples,
  type SampleStep,
  STEPS,
  samplesInBin,
  takeTurn,
} from '../../catalog/samples.js'
import { removeOldSizes, sampleHomes } from '../../catalog/sizes.js'
import { removeOldStatements, removeOldTexts } from '../../catalog/slow-statements.js'
import type { Platform } from '../platform.js'
import { STEP_OF } from './metrics.js'
import { rolledUp } from './rollup.js'

const HOUR_MS = 3_600_000

/** For how long samples of each step are kept. */
export const KEPT_MS: Readonly<Record<SampleStep, number>> = { 15: 6 * HOUR_MS, 300: 14 * 24 * HOUR_MS, 3600: 400 * 24 * HOUR_MS }

/** Of the size of a home. */
const KEPT_DAYS = 400

const EVERY_S = 60
const BINS_AT_ONCE = 500
const ROWS_AT_ONCE = 5_000

/** Rolls up what is over and removes what is too old, if it is our turn. Answers how long until the next. */
export async function keepHistory(platform: Platform, signal?: AbortSignal): Promise<number> {
  const { at, restMs } = await platform.catalog.one(takeTurn('', 'history', EVERY_S))
  const homes = await platform.catalog.one(takeTurn('', 'homes', STEP_OF.homes))
  if (homes.at !== null) await platform.catalog.run(sampleHomes(STEP_OF.homes, homes.at))
  if (at !== null) await tidyHistory(platform, signal)
  return restMs
}

/** Rolls up before it removes: nothing is lost that was not looked at for a while. */
export async function tidyHistory({ catalog }: Pick<Platform, 'catalog'>, signal?: AbortSignal): Promise<void> {
  const goesOn = (): boolean => signal?.aborted !== true
  for (const [from, to] of [
    [STEPS[0], STEPS[1]],
    [STEPS[1], STEPS[2]],
  ] as const) {
    for (let done = BINS_AT_ONCE; done === BINS_AT_ONCE && goesOn(); ) {
      const bins = await catalog.rows(binsToRoll(from, to, BINS_AT_ONCE))
      done = bins.length
      for (const bin of bins) {
        if (!goesOn()) return
        const samples = await catalog.rows(samplesInBin(bin, from, to))
        const facts = rolledUp(
          bin.source,
          samples.map((one) => one.facts),
        )
        if (facts !== undefined) await catalog.run(insertSamples(to, bin.at, [{ cluster: bin.cluster, source: bin.source, facts }]))
      }
    }
  }
  for (const step of STEPS) while (goesOn() && (await catalog.run(removeOldSamples(step, KEPT_MS[step], ROWS_AT_ONCE))) === ROWS_AT_ONCE);
  while (goesOn() && (await catalog.run(removeOldStatements(KEPT_MS[300], ROWS_AT_ONCE))) === ROWS_AT_ONCE);
  while (goesOn() && (await catalog.run(removeOldSizes(KEPT_DAYS, ROWS_AT_ONCE))) === ROWS_AT_ONCE);
  await catalog.run(removeOldTexts(KEPT_MS[300]))
  await catalog.run(forgetTurns)
}
