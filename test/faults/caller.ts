import { openPlatform, type Platform } from '../../src/engine/platform.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import type { Fleet } from '../../src/testing/fleet.js'

/** The control plane of a fleet once more, with connections and failpoints of its own, as another process would have it. */
export function openCaller(fleet: Fleet, failpoint: (point: string) => Promise<void>, secrets = fleet.secrets): Promise<Platform> {
  return openPlatform(fleet.platform.config, {
    secrets,
    homeFiles: fleet.platform.homeFiles,
    catalogFiles: fleet.platform.catalogFiles,
    operations: OPERATIONS,
    failpoint,
  })
}
