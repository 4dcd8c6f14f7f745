import { lazy, type ReactElement, Suspense } from 'react'
import { useRead } from '../../data/read.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Bytes, Count } from '../../parts/figures.js'
import { Moment } from '../../parts/moment.js'
import { bytesWords, countOf } from '../../parts/number-words.js'
import { Facts, Panel } from '../../parts/page.js'
import { Loading, Pending } from '../../parts/pending.js'
import type { Tenant } from '../../words/tenant-words.js'

const Chart = lazy(async () => ({ default: (await import('../../parts/chart.js')).Chart }))

/** How large its home is, and how that has grown. */
export function GrowthTab({ tenant }: { readonly tenant: Tenant }): ReactElement {
  const input = { tenant: tenant.slug }
  const { output, fault, refused, again } = useRead('tenant.growth', input)
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  if (output.measuredAt === null)
    return (
      <Empty
        command={`tenantry tenant growth ${tenant.slug}`}
        icon="database"
        says="Homes are measured one after the other, by whoever runs `tenantry serve`. Its turn comes."
        title="Not measured yet"
      />
    )
  const { bytes, rows, dead, weekAgo, measuredAt, homeTenants, isolation, times, series } = output
  const grown = bytes === null || weekAgo === null ? undefined : bytes - weekAgo
  const at = times.map((seconds) => seconds * 1_000)
  const valuesOf = (metric: (typeof series)[number]['metric']) => series.find((one) => one.metric === metric)?.values ?? []
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Panel title="Size">
        <Facts
          of={[
            [
              'Whose',
              isolation === 'shared'
                ? `a shared home of ${countOf(homeTenants ?? 0, 'tenant')}: what is told is of all of them`
                : undefined,
            ],
            ['Bytes', <Bytes key="bytes" of={bytes} />],
            ['In a week', grown === undefined ? undefined : `${grown > 0 ? '+' : ''}${bytesWords(grown)}`],
            ['Rows', <Count key="rows" of={rows} />],
            ['Dead rows', <Count key="dead" of={dead} />],
            ['Measured', <Moment at={measuredAt} key="measured" />],
          ]}
        />
      </Panel>
      <Panel title="Growth, day by day">
        <Suspense fallback={<Loading />}>
          <Chart label="Bytes" lines={[{ label: 'bytes', values: valuesOf('bytes') }]} times={at} words={bytesWords} />
          <Chart
            label="Rows"
            lines={[
              { label: 'rows', values: valuesOf('rows') },
              { label: 'dead', values: valuesOf('dead'), tone: 'warn' },
            ]}
            times={at}
          />
        </Suspense>
      </Panel>
      <div className="lg:col-span-2">
        <EquivalentOf input={input} name="tenant.growth" />
      </div>
    </div>
  )
}
