import { type ReactElement, useState } from 'react'
import { useRead } from '../../data/read.js'
import { useChange } from '../../data/run.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Copy } from '../../parts/copy.js'
import { Deed } from '../../parts/deed.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { FailureNote } from '../../parts/failure-note.js'
import { Facts } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import type { Tenant } from '../../words/tenant-words.js'
import type { TabProps } from './overview-tab.js'

type Domain = Tenant['domains'][number]

export function DomainsTab({ tenant, ask }: TabProps): ReactElement {
  const add = (
    <Button icon="plus" look={tenant.domains.length === 0 ? 'main' : 'plain'} of="domain.add" onClick={() => ask('domain')}>
      Add a domain
    </Button>
  )
  if (tenant.domains.length === 0)
    return (
      <Empty
        command={`tenantry domain add ${tenant.slug} shop.example.com`}
        icon="globe"
        says="Requests to a domain of its own are led to this tenant."
        step={add}
        title="No domains yet"
      />
    )
  return (
    <div className="flex flex-col gap-3">
      <div className="flex justify-end">{add}</div>
      <ul className="flex flex-col gap-2">
        {tenant.domains.map((domain) => (
          <DomainLine domain={domain} key={domain.domain} tenant={tenant} />
        ))}
      </ul>
    </div>
  )
}

function DomainLine({ domain: { domain, state }, tenant: { slug } }: { readonly domain: Domain; readonly tenant: Tenant }): ReactElement {
  const [removing, setRemoving] = useState(false)
  const { run, running, failure } = useChange('domain.verify')
  const input = { tenant: slug, domain }
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-line bg-card p-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium break-all">{domain}</span>
        <Badge tone={state === 'verified' ? 'good' : 'warn'}>{state}</Badge>
        <span className="ml-auto flex gap-2">
          {state === 'verified' ? null : (
            <Button
              icon="check"
              of="domain.verify"
              onClick={() => void run(input, { title: `Verify ${domain}` })}
              refused={running ? 'It is under way' : undefined}
            >
              {running ? 'Looking …' : 'Verify'}
            </Button>
          )}
          <Button icon="trash" of="domain.remove" onClick={() => setRemoving(true)}>
            Remove
          </Button>
        </span>
      </div>
      {state === 'verified' ? null : <ToPublish domain={domain} />}
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {state === 'verified' ? null : <EquivalentOf input={input} name="domain.verify" />}
      {removing ? (
        <Deed
          ask={[]}
          danger
          fixed={input}
          name="domain.remove"
          onClose={() => setRemoving(false)}
          says={<p className="text-soft">Requests to it are led to nobody. It can be added and verified again.</p>}
          title={`Remove ${domain}`}
          verb="Remove"
        />
      ) : null}
    </li>
  )
}

/** What stands in the way of its being verified. */
function ToPublish({ domain }: { readonly domain: string }): ReactElement | null {
  const { output, fault, refused, again } = useRead('domain.show', { domain })
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  return (
    <div>
      <p className="mb-1 text-soft">Publish this TXT record, then verify:</p>
      <Facts
        of={[
          ['Name', <Copied key="name" text={output.record} />],
          ['Holds', <Copied key="token" text={output.token} />],
        ]}
      />
    </div>
  )
}

const Copied = ({ text }: { readonly text: string }): ReactElement => (
  <span className="flex items-center gap-1">
    <code className="min-w-0 font-mono text-xs break-all">{text}</code>
    <Copy text={text} />
  </span>
)
