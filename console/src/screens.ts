import type { ScreenLine } from './shell/screen-line.js'

// One line per screen, merged line by line (.gitattributes): whoever adds a screen adds its folder and its line, and touches nothing else.
// biome-ignore format: one line per screen
export const SCREENS: readonly ScreenLine[] = [
  { path: '/', name: 'Overview', nav: 10, of: 'fleet.overview', load: () => import('./screens/overview/overview.js') },
  { path: '/sign-in', name: 'Sign in', load: () => import('./screens/sign-in/sign-in.js') },
  { path: '/tenants', name: 'Tenants', nav: 11, key: 't', load: () => import('./screens/tenants/tenants.js') },
  { path: '/tenants/$tenant', name: 'Tenant', load: () => import('./screens/tenant/tenant.js') },
  { path: '/create', name: 'New tenant', load: () => import('./screens/create/create.js') },
  { path: '/clusters', name: 'Clusters', nav: 30, key: 'c', of: 'fleet.overview', load: () => import('./screens/clusters/clusters.js') },
  { path: '/clusters/$cluster', name: 'Cluster', of: 'cluster.show', load: () => import('./screens/clusters/cluster.js') },
  { path: '/activity', name: 'Activity', nav: 31, key: 'a', load: () => import('./screens/activity/activity.js') },
  { path: '/sql', name: 'SQL', nav: 23, key: 'q', load: () => import('./screens/sql/sql.js') },
  { path: '/migrations', name: 'Migrations', nav: 21, key: 'm', of: 'migrate.status', load: () => import('./screens/migrations/migrations.js') },
  { path: '/backups', name: 'Backups', nav: 22, key: 'b', of: 'backup.status', load: () => import('./screens/backups/backups.js') },
  { path: '/security', name: 'Security', nav: 40, key: 's', of: 'assurance.show', load: () => import('./screens/security/security.js') },
  { path: '/settings', name: 'Settings', nav: 49, key: ',', load: () => import('./screens/settings/settings.js') },
  { path: '/restore/$tenant', name: 'Homes', load: () => import('./screens/restore/restore.js') },
  { path: '/operations', name: 'Operations', nav: 20, key: 'o', of: 'operation.list', load: () => import('./screens/operations/operations.js') },
  { path: '/operations/$operation', name: 'Operation', of: 'operation.show', load: () => import('./screens/operation/operation.js') },
]
