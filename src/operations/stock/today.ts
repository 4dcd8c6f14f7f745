import type { Today } from '../../catalog/stock.js'
import type { Platform } from '../../engine/platform.js'
import { readSeeds, warmSeeds } from '../../schema/seed-files.js'

/** By the files that this process sees. */
export const today = async (platform: Platform, patienceS = 0): Promise<Today> => ({
  seeds: warmSeeds(await readSeeds(platform.config.seeds)),
  patienceS,
})
