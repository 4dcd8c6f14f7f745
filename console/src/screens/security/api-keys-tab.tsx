import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { JsonFold } from '../../parts/json-view.js'
import { Moment, useNow } from '../../parts/moment.js'
import { Refusal } from '../../parts/refusal.js'
import { type Column, Table } from '../../parts/table.js'
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
  if (list.fault !== undefined) return <Trouble again={list.again} error={list.fault} />
  return (
    <>
      <div className="flex max-h-[60vh] flex-col">
        <Table
          columns={columns(now, (key) => ask({ deed: 'revoke', key }))}
          empty={
            list.loading ? null : (
              <Empty
                command="tenantry key create NAME --role operator"
                icon="key"
                says="Make one for each program, with the least role that it needs."
                step={create}
                title="No API keys yet"
              />
            )
          }
          keyOf={({ id }) => id}
          label="API keys"
          more={list.hasMore ? { loading: list.loadingMore, ask: list.more } : undefined}
          nameOf={({ name }) => name}
          rows={list.rows}
          stale={list.previous}
        />
      </div>
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
        <Link className="font-mono text-xs hover:underline" params={{ tenant } as never} tabIndex={-1} to={'/tenants/$tenant' as never}>
          {tenant}
        </Link>
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
