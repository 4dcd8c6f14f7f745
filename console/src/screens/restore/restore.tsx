import { type ReactElement, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Bytes } from '../../parts/figures.js'
import { JsonFold } from '../../parts/json-view.js'
import { Moment } from '../../parts/moment.js'
import { countOf } from '../../parts/number-words.js'
import { PageHead, Panel } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { Refusal } from '../../parts/refusal.js'
import { To } from '../../parts/to.js'
import { type Search, useAddress, useParam } from '../../shell/address.js'
import { stateTone, stateWords, versionWords } from '../../words/tenant-words.js'
import type { Tone } from '../../words/tone.js'
import { Comparison } from './comparison.js'
import { AskedDeed, type HomeDeed } from './deeds.js'

type Home = OutputOf<'tenant.homes'>['data'][number]

const KINDS: Readonly<Record<Home['kind'], { readonly words: string; readonly tone: Tone }>> = {
  live: { words: 'lives here', tone: 'good' },
  restored: { words: 'beside', tone: 'accent' },
  former: { words: 'former', tone: 'quiet' },
}

const readAddress = (search: Search) => ({ compare: search.compare })

/** The homes of a tenant: the one that it lives in, and those beside, which it can be pointed to. */
export function Screen(): ReactElement {
  const ref = useParam('tenant')
  const { filter, set } = useAddress(readAddress)
  const shown = useRead('tenant.show', { tenant: ref }, { keep: false })
  const homes = useRead('tenant.homes', { tenant: ref }, { keep: false })
  const [asked, setAsked] = useState<{
    readonly asked: HomeDeed
    readonly tenant: { readonly slug: string }
    readonly etag: string | undefined
  }>()
  const tenant = shown.output
  if (tenant === undefined) return <Pending again={shown.again} fault={shown.fault} refused={shown.refused} />
  // What is decided is decided about what is shown now.
  const ask = (deed: HomeDeed) => {
    // Afterwards the home may be another's place, or gone: what was compared is over.
    if (deed.deed !== 'clone') set({ compare: undefined }, { replace: true })
    setAsked({ asked: deed, tenant, etag: shown.etag })
  }
  const former = homes.output?.data.some(({ kind }) => kind === 'former') === true
  return (
    <div className="flex flex-col gap-4">
      <PageHead
        actions={
          <>
            <Button
              icon="back"
              of="tenant.pointback"
              onClick={() => ask({ deed: 'pointback' })}
              refused={former ? undefined : 'It has no former home'}
            >
              Point back
            </Button>
            <Button icon="copy" of="tenant.clone" onClick={() => ask({ deed: 'clone' })}>
              Clone
            </Button>
          </>
        }
        beside={<Badge tone={stateTone(tenant.state)}>{stateWords(tenant.state)}</Badge>}
        says={
          <>
            <To className="text-accent underline" params={{ tenant: tenant.slug }} to="/tenants/$tenant">
              The tenant
            </To>{' '}
            ·{' '}
            <To className="text-accent underline" search={{ tenant: tenant.slug }} to="/backups">
              its backups
            </To>
          </>
        }
        title={`Homes of ${tenant.slug}`}
      />
      {homes.fault === undefined ? null : <Trouble again={homes.again} error={homes.fault} />}
      {homes.output === undefined ? null : (
        <Homes ask={ask} homes={homes.output.data} onCompare={(home) => set({ compare: home })} slug={tenant.slug} />
      )}
      {filter.compare === undefined ? null : (
        <Refusal name="tenant.compare">
          <Comparison home={filter.compare} key={filter.compare} onClose={() => set({ compare: undefined })} tenant={tenant.slug} />
        </Refusal>
      )}
      {asked === undefined ? null : (
        <AskedDeed
          {...asked}
          onClose={() => setAsked(undefined)}
          onStale={() => {
            setAsked(undefined)
            shown.again()
            homes.again()
          }}
        />
      )}
    </div>
  )
}

interface HomesProps {
  readonly slug: string
  readonly homes: readonly Home[]
  readonly ask: (deed: HomeDeed) => void
  readonly onCompare: (home: string) => void
}

function Homes({ slug, homes, ask, onCompare }: HomesProps): ReactElement {
  return (
    <Panel title={countOf(homes.length, 'home')}>
      <div className="flex flex-col gap-3">
        <PlainTable
          heads={['Home', 'Where', 'Version', '>Size', 'Made', 'Kept until', 'Of', '']}
          label={`Homes of ${slug}`}
          rows={homes.map((home) => ({ key: home.home, cells: cellsOf(home, ask, onCompare) }))}
        />
        {homes.length > 1 ? null : (
          <p className="text-soft">
            There is none beside it.{' '}
            <To className="text-accent underline" search={{ tenant: slug }} to="/backups">
              Restore a backup beside it
            </To>
            , look what differs, and point the tenant to it.
          </p>
        )}
        <JsonFold label={`Homes of ${slug} as JSON`} value={homes} />
        <EquivalentOf input={{ tenant: slug }} name="tenant.homes" />
      </div>
    </Panel>
  )
}

const cellsOf = (home: Home, ask: HomesProps['ask'], onCompare: HomesProps['onCompare']) => [
  <Badge key="kind" tone={KINDS[home.kind].tone}>
    {KINDS[home.kind].words}
  </Badge>,
  <span className="font-mono text-xs break-all" key="where">
    {home.cluster} {home.database}.{home.schema} ({home.isolation})
  </span>,
  <span className="font-mono text-xs" key="version">
    {versionWords(home.version)}
  </span>,
  home.rows === null ? <Bytes key="size" of={home.bytes} /> : countOf(home.rows, 'row'),
  <Moment at={home.madeAt} key="made" />,
  home.kind === 'live' ? null : home.until === null ? 'somebody drops it' : <Moment at={home.until} key="until" />,
  home.backup === null ? (
    home.note
  ) : (
    <span key="backup">
      <To className="text-accent underline" search={{ backup: home.backup }} to="/backups">
        a backup
      </To>
      {home.partial ? ', some tables only' : ''}
      {home.note === null ? '' : `: ${home.note}`}
    </span>
  ),
  home.kind === 'live' ? null : (
    <span className="flex justify-end gap-1" key="actions">
      <Button of="tenant.compare" onClick={() => onCompare(home.home)}>
        Compare
      </Button>
      <Button
        of="tenant.repoint"
        onClick={() => ask({ deed: 'repoint', home: home.home })}
        refused={home.partial ? 'Only some tables have their rows: the tenant cannot live there' : undefined}
      >
        Re-point
      </Button>
      <Button look="danger" of="tenant.dropbeside" onClick={() => ask({ deed: 'drop', home: home.home })}>
        Drop
      </Button>
    </span>
  ),
]
