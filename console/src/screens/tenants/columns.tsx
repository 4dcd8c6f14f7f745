import type { RowOf } from 'tenantry/api'
import { Badge } from '../../parts/badge.js'
import { Bytes } from '../../parts/figures.js'
import { Moment } from '../../parts/moment.js'
import { countOf } from '../../parts/number-words.js'
import type { Column } from '../../parts/table.js'
import { To } from '../../parts/to.js'
import { isMoving, labelWords, stateTone, stateWords, versionWords } from '../../words/tenant-words.js'

export type Listed = RowOf<'tenant.list'>

const NONE = <span className="text-soft">–</span>
const quiet = (text: string | null) => (text === null || text === '' ? NONE : <span title={text}>{text}</span>)

export const COLUMNS: readonly Column<Listed>[] = [
  {
    id: 'slug',
    head: 'Tenant',
    sort: 'slug',
    cell: ({ slug }) => (
      <To className="font-medium hover:text-accent hover:underline" params={{ tenant: slug }} tabIndex={-1} to="/tenants/$tenant">
        {slug}
      </To>
    ),
  },
  { id: 'name', head: 'Name', sort: 'name', cell: ({ name }) => quiet(name) },
  {
    id: 'state',
    head: 'State',
    cell: ({ state, reason, heldFor }) => (
      <span className="inline-flex items-center gap-1" title={reason ?? undefined}>
        <Badge live={isMoving(state)} tone={stateTone(state)}>
          {stateWords(state)}
        </Badge>
        {heldFor === null ? null : <Badge tone="warn">held</Badge>}
      </span>
    ),
  },
  { id: 'isolation', head: 'Isolation', cell: ({ isolation }) => isolation },
  { id: 'cluster', head: 'Cluster', cell: ({ cluster }) => quiet(cluster) },
  { id: 'tier', head: 'Tier', cell: ({ tier }) => quiet(tier) },
  { id: 'region', head: 'Region', cell: ({ region }) => quiet(region) },
  { id: 'version', head: 'Version', cell: ({ version }) => <span className="font-mono text-xs">{versionWords(version)}</span> },
  {
    id: 'size',
    head: 'Size',
    sort: 'size',
    align: 'right',
    cell: ({ bytes, isolation, homeTenants }) =>
      isolation === 'shared' ? (
        <span className="text-soft" title={homeTenants === null ? undefined : `shared home of ${countOf(homeTenants, 'tenant')}`}>
          shared
        </span>
      ) : (
        <Bytes of={bytes} />
      ),
  },
  { id: 'labels', head: 'Labels', cell: ({ labels }) => quiet(labelWords(labels).join(', ')) },
  { id: 'domains', head: 'Domains', cell: ({ domains }) => quiet(domains.map(({ domain }) => domain).join(', ')) },
  { id: 'reason', head: 'Reason', cell: ({ reason }) => quiet(reason) },
  { id: 'service', head: 'Service', cell: ({ service }) => quiet(service) },
  { id: 'since', head: 'State since', sort: 'since', cell: ({ since }) => <Moment at={since} /> },
  { id: 'created', head: 'Created', sort: 'created', cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { id: 'id', head: 'Id', cell: ({ id }) => <span className="font-mono text-xs">{id}</span> },
]

export const PRESET_COLUMNS = ['slug', 'name', 'state', 'isolation', 'cluster', 'tier', 'version', 'size', 'created'] as const
