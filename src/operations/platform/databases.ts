import type { TenantDatabase } from '../../catalog/clusters.js'
import type { Platform } from '../../engine/platform.js'
import type { Installation } from '../../isolation/install.js'

export const nameOf = ({ cluster, name }: TenantDatabase): string => `${cluster}/${name}`

export const installationOf = (platform: Platform, { id, hardened }: TenantDatabase): Installation => ({
  databaseId: id,
  platformId: platform.id,
  names: platform.names,
  extensions: platform.config.extensions,
  files: platform.homeFiles,
  hardened,
})
