import type { ReactElement } from 'react'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { JsonFold } from '../../parts/json-view.js'
import { Moment, useNow } from '../../parts/moment.js'
import { PagedTable } from '../../parts/paged-table.js'
import { Refusal } from '../../parts/refusal.js'
import type { Column } from '../../parts/table.js'
import { To } from '../../parts/to.js'
import type { ApiKey } from './deeds.js'
import type { TabProps } from './security.js'

/** Keys of programs: what each may do, when it was last used, and when it ends. The keys themselves are kept nowhere. */
export function ApiKeysTab({ ask }: TabProps): ReactElement {
  const create = (
    <Button icon="plus" look="main" of="key.create" onClick={() => ask({ deed: 'create-key' })}>
      New API key …
    </Button>
  )
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-soft">What programs sign in with. People have passwords of their own.</p>
        {create}
      </div>
      <Refusal name="key.list">
        <List ask={ask} create={create} />
      </Refusal>
      <EquivalentOf input={{}} name="key.list" />
    </div>
  )
}

function List({ ask, create }: TabProps & { readonly create: ReactElement }): ReactElement {
  const list = usePages('key.list', {})
  const now = useNow()
  return (
    <>
      <PagedTable
        height="most"
        columns={columns(now, (key) => ask({ deed: 'revoke', key }))}
        empty={
          <Empty
            command="tenantry key create NAME --role operator"
            icon="key"
            says="Make one for each program, with the least role that it needs."
            step={create}
            title="No API keys yet"
          />
        }
        keyOf={({ id }) => id}
        label="API keys"
        nameOf={({ name }) => name}
        list={list}
      />
      {list.rows.length === 0 ? null : <JsonFold label="API keys as JSON" value={list.rows} />}
    </>
  )
}

function stateOf({ revokedAt, expiresAt }: ApiKey, now: number): ReactElement {
  if (revokedAt !== null) return <Badge tone="bad">revoked</Badge>
  return expiresAt !== null && Date.parse(expiresAt) <= now ? <Badge tone="warn">expired</Badge> : <Badge tone="good">in force</Badge>
}

const columns = (now: number, onRevoke: (key: ApiKey) => void): readonly Column<ApiKey>[] => [
  { id: 'name', head: 'Name', cell: ({ name }) => <span className="font-medium">{name}</span> },
  { id: 'state', head: 'State', cell: (key) => stateOf(key, now) },
  { id: 'role', head: 'Role', cell: ({ role }) => role },
  {
    id: 'tenant',
    head: 'Tenant',
    cell: ({ tenant }) =>
      tenant === null ? null : (
        <To className="font-mono text-xs hover:underline" params={{ tenant }} tabIndex={-1} to="/tenants/$tenant">
          {tenant}
        </To>
      ),
  },
  { id: 'hint', head: 'Key', cell: ({ hint }) => <code className="font-mono text-xs">{hint}</code> },
  { id: 'used', head: 'Last used', cell: ({ lastUsedAt }) => <Moment at={lastUsedAt} /> },
  { id: 'expires', head: 'Expires', cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <Moment at={expiresAt} />) },
  { id: 'made', head: 'Made', cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { id: 'by', head: 'By', cell: ({ createdBy }) => createdBy },
  {
    id: 'revoke',
    head: 'Revoke',
    cell: (key) => (
      <Button
        aria-label={`Revoke ${key.name}`}
        look="bare"
        of="key.revoke"
        onClick={() => onRevoke(key)}
        refused={key.revokedAt === null ? undefined : 'It is revoked already'}
      >
        Revoke …
      </Button>
    ),
  },
]
