import { type ReactElement, useId, useState } from 'react'
import { shellWord } from '../../data/quote.js'
import { useRead } from '../../data/read.js'
import { Button } from '../../parts/button.js'
import { Copy } from '../../parts/copy.js'
import { Trouble } from '../../parts/empty.js'
import { Equivalent, EquivalentOf } from '../../parts/equivalent.js'
import { FIELD } from '../../parts/fields.js'
import { Panel } from '../../parts/page.js'
import { ORM_CODE, type OrmName } from '../../words/orm-code.js'
import { MAY, stateWords, type Tenant } from '../../words/tenant-words.js'

export function ConnectTab({ tenant }: { readonly tenant: Tenant }): ReactElement {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Code slug={tenant.slug} />
      <Panel title="psql and other clients">
        {MAY.connect.includes(tenant.state) ? (
          <Strings slug={tenant.slug} />
        ) : (
          <p className="text-soft">It lets nobody in while it is {stateWords(tenant.state)}.</p>
        )}
      </Panel>
    </div>
  )
}

/** Asked for when somebody wants it: it is audited, and what enters may be good for a minute only. */
function Strings({ slug }: { readonly slug: string }): ReactElement {
  const [asked, setAsked] = useState(false)
  const { output, fault, again } = useRead('tenant.connect', { tenant: slug }, { enabled: asked, byHand: true })
  if (fault !== undefined) return <Trouble again={again} error={fault} />
  if (output === undefined)
    return (
      <div className="flex flex-col items-start gap-2">
        <p className="text-soft">How to reach it without an application, and what to say first. Asking is kept in the audit.</p>
        <Button icon="terminal" look="main" of="tenant.connect" onClick={() => setAsked(true)}>
          {asked ? 'Asking …' : 'Show how to connect'}
        </Button>
      </div>
    )
  const lines = [
    ['Direct', `psql ${shellWord(output.direct)}`] as const,
    ['Read-only', `psql ${shellWord(output.readOnly)}`] as const,
    ...(output.pooled === null ? [] : [['Pooled', `psql ${shellWord(output.pooled)}`] as const]),
  ]
  return (
    <div className="flex flex-col gap-3">
      <Equivalent lines={lines} />
      <p className="text-soft">Password: {output.secret}</p>
      <p>
        {output.token ? 'Then, within a minute:' : 'Then, until it is migrated, moved or suspended:'}{' '}
        {output.token ? (
          <Button icon="refresh" look="bare" onClick={again}>
            Ask again
          </Button>
        ) : null}
      </p>
      <Listing label="What enters the tenant" text={output.enter.join('\n')} />
      <p className="text-soft">{output.warning}</p>
      <EquivalentOf input={{ tenant: slug }} name="tenant.connect" />
    </div>
  )
}

function Code({ slug }: { readonly slug: string }): ReactElement {
  const [orm, setOrm] = useState<OrmName>('pg')
  const id = useId()
  return (
    <Panel
      actions={
        <label className="flex items-center gap-2 text-soft" htmlFor={id}>
          Library
          <select className={`h-7 ${FIELD}`} id={id} onChange={(event) => setOrm(event.target.value as OrmName)} value={orm}>
            {Object.keys(ORM_CODE).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      }
      title="From an application"
    >
      <Listing label={`Code for ${orm}`} text={`${ORM_CODE[orm]}\n\n// await placeOrder(${JSON.stringify(slug)}, 'A-1')`} />
    </Panel>
  )
}

const Listing = ({ label, text }: { readonly label: string; readonly text: string }): ReactElement => (
  <div className="relative rounded-md border border-line bg-hover">
    <div className="absolute top-1 right-1">
      <Copy label={`Copy: ${label}`} text={text} />
    </div>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by the keyboard */}
    <section aria-label={label} className="max-h-[60vh] overflow-auto p-3 pr-10" tabIndex={0}>
      <pre className="font-mono text-xs leading-5">{text}</pre>
    </section>
  </div>
)
