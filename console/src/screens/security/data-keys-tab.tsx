import type { ReactElement } from 'react'
import type { OutputOf, RowOf } from 'tenantry/api'
import { usePages, useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Chips } from '../../parts/chips.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Bytes } from '../../parts/figures.js'
import { type Filter, readFilters } from '../../parts/filters.js'
import { Moment } from '../../parts/moment.js'
import { DetailPanel } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import { Pending } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { Refusal } from '../../parts/refusal.js'
import type { Column } from '../../parts/table.js'
import { To } from '../../parts/to.js'
import { type Search, useAddress } from '../../shell/address.js'
import type { Tone } from '../../words/tone.js'
import type { TabProps } from './security.js'

type DataKey = RowOf<'datakey.list'>
type Shown = OutputOf<'datakey.show'>

const FILTERS: readonly Filter[] = [{ name: 'tenant', label: 'Show the keys of', kind: 'text', hint: 'acme' }]
const read = (search: Search) => readFilters(FILTERS, search)

// What the platform itself signs with is under a name, which is no tenant.
const isTenant = (owner: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(owner)

const mono = (text: string): ReactElement => <code className="font-mono text-xs break-all">{text}</code>

/** The keys that backups are encrypted with: of which tenants, and what they open. */
export function DataKeysTab({ ask }: TabProps): ReactElement {
  return (
    <div className="flex flex-col gap-3">
      <Refusal name="datakey.list">
        <Keys ask={ask} />
      </Refusal>
      <EquivalentOf input={{}} name="datakey.list" />
    </div>
  )
}

function Keys({ ask }: TabProps): ReactElement {
  const { filter: values, set } = useAddress(read)
  const tenant = typeof values.tenant === 'string' ? values.tenant : undefined
  const list = usePages('datakey.list', {})
  // The list knows ids alone; the chip says the slug as soon as the part below knows it.
  const { output: shown } = useRead('datakey.show', { tenant: tenant ?? '' }, { enabled: tenant !== undefined, keep: false })
  const choose = (chosen: string | undefined) => set({ tenant: chosen })
  const rotate = (
    <Button icon="refresh" of="datakey.rotate" onClick={() => ask({ deed: 'rotate-data', tenant: undefined })}>
      Rotate for a tenant …
    </Button>
  )
  if (list.fault?.code === 'KEYS_UNCONFIGURED')
    return (
      <Empty
        icon="key"
        says={`Backups are kept as they are: whoever can read the store can read the rows. To go on: ${list.fault.remedy}.`}
        title="Backups are not encrypted"
      />
    )
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="flex flex-wrap items-center gap-2">
          <Chips
            filters={FILTERS}
            onChange={(next) => choose(next.tenant === undefined ? undefined : String(next.tenant))}
            values={shown === undefined ? values : { ...values, tenant: shown.slug }}
          />
        </span>
        <span className="flex flex-wrap gap-2">
          {rotate}
          <Button icon="lock" of="datakey.rewrap" onClick={() => ask({ deed: 'rewrap' })}>
            Wrap all anew …
          </Button>
        </span>
      </div>
      {tenant === undefined ? null : <Of ask={ask} key={tenant} onClose={() => choose(undefined)} tenant={tenant} />}
      <PagedTable
        height="most"
        columns={COLUMNS}
        empty={
          <Empty
            command="tenantry backup create --all"
            icon="key"
            says="The first backup of a tenant makes its key."
            title="No data keys yet"
          />
        }
        keyOf={({ tenant: of, key }) => `${of} ${key}`}
        label="Data keys"
        nameOf={({ key }) => key}
        onOpen={(row) => (isTenant(row.tenant) ? choose(row.tenant) : undefined)}
        list={list}
      />
    </>
  )
}

const state = ({ destroyedAt }: DataKey): ReactElement =>
  destroyedAt === null ? <Badge tone="good">in force</Badge> : <Badge tone="bad">destroyed</Badge>

const COLUMNS: readonly Column<DataKey>[] = [
  {
    id: 'tenant',
    head: 'Of',
    cell: ({ tenant }) =>
      isTenant(tenant) ? (
        <To className="font-mono text-xs hover:underline" search={(before: Search) => ({ ...before, tenant })} tabIndex={-1} to="/security">
          {tenant}
        </To>
      ) : (
        <span className="text-soft">{tenant}</span>
      ),
  },
  { id: 'key', head: 'Key', cell: ({ key }) => mono(key) },
  { id: 'state', head: 'State', cell: state },
  { id: 'provider', head: 'Wrapped by', cell: ({ provider }) => provider },
  { id: 'made', head: 'Made', cell: ({ madeAt }) => <Moment at={madeAt} /> },
  { id: 'destroyed', head: 'Destroyed', cell: ({ destroyedAt }) => <Moment at={destroyedAt} /> },
]

const STANDINGS: Readonly<Record<Shown['copies'][number]['standing'], Tone>> = {
  encrypted: 'good',
  clear: 'bad',
  incomplete: 'warn',
  damaged: 'bad',
}

/** The keys of one tenant, and every copy of every archive that they open. */
function Of({ tenant, ask, onClose }: TabProps & { readonly tenant: string; readonly onClose: () => void }): ReactElement {
  const { output, fault, refused, again } = useRead('datakey.show', { tenant }, { keep: false })
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  const { slug, state: standing, heldFor, keys, copies } = output
  const gone = standing === 'deleted' || standing === 'purged'
  const live = keys.filter(({ destroyedAt }) => destroyedAt === null)
  return (
    <DetailPanel
      actions={
        <>
          <Button
            icon="refresh"
            of="datakey.rotate"
            onClick={() => ask({ deed: 'rotate-data', tenant: slug })}
            refused={standing === 'purged' || standing === 'purging' ? 'No backup can be made of it any more' : undefined}
          >
            Rotate …
          </Button>
          <Button
            look="danger"
            of="datakey.destroy"
            onClick={() => ask({ deed: 'destroy-data', slug, alive: !gone })}
            refused={heldFor !== null ? `It is held for: ${heldFor}` : live.length === 0 ? 'There is no key' : undefined}
          >
            Destroy …
          </Button>
        </>
      }
      closes="Close the tenant's keys"
      onClose={onClose}
      title={`Data keys of ${slug}`}
    >
      <div className="flex flex-col gap-4">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={gone ? 'bad' : 'quiet'}>{standing}</Badge>
          {heldFor === null ? null : <Badge tone="warn">held</Badge>}
          {standing === 'purged' ? null : (
            <To className="text-accent underline" params={{ tenant: slug }} to="/tenants/$tenant">
              The tenant
            </To>
          )}
        </p>
        {keys.length === 0 ? <p className="text-soft">It has no key yet: its first backup makes one.</p> : null}
        <PlainTable
          heads={['Key', 'State', 'Wrapped by', 'Made']}
          label={`Data keys of ${slug}`}
          rows={keys.map((key) => ({
            key: key.key,
            cells: [mono(key.key), state(key), key.provider, <Moment at={key.madeAt} key="made" />],
          }))}
        />
        {copies.length === 0 ? (
          <p className="text-soft">There is no backup of it that a key would open.</p>
        ) : (
          <PlainTable
            heads={['Backup', 'Kept in', '>Size', 'State', 'Key', 'May go']}
            label="What the keys open"
            rows={copies.map((copy) => ({
              key: `${copy.store} ${copy.archive}`,
              cells: [
                mono(copy.archive),
                copy.store,
                <Bytes key="bytes" of={copy.bytes} />,
                <Badge key="standing" tone={STANDINGS[copy.standing]}>
                  {copy.standing}
                </Badge>,
                copy.key === null ? '–' : mono(copy.key),
                <Moment at={copy.expiresAt} key="expires" />,
              ],
            }))}
          />
        )}
        <EquivalentOf input={{ tenant }} name="datakey.show" />
      </div>
    </DetailPanel>
  )
}
