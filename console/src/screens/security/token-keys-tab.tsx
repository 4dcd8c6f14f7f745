import type { ReactElement } from 'react'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Moment } from '../../parts/moment.js'
import { countWords } from '../../parts/number-words.js'
import { Pending } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import type { Tone } from '../../words/tone.js'
import type { TokenKeys } from './deeds.js'
import type { TabProps } from './security.js'

const TONES: Readonly<Record<TokenKeys['assurance'], Tone>> = { standard: 'quiet', strict: 'good', dedicated: 'good' }
const NO_TOKENS = 'Nobody shows a token there: make it strict before'
const OF_ITS_HOME = 'It was made so, for its one tenant'

/** How hard the wall of each database is, and the keys that tokens for it are signed with. */
export function TokenKeysTab({ ask }: TabProps): ReactElement {
  const { output, fault, refused, again } = useRead('assurance.show', {})
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  if (output.data.length === 0)
    return (
      <Empty command="tenantry cluster add main" icon="lock" says="Databases of tenants come with a cluster." title="No databases yet" />
    )
  return (
    <div className="flex flex-col gap-3">
      <p className="text-soft">
        Where the assurance is strict, applications show a signed token for each tenant that they enter. A key is exchanged without an
        outage: rotate it, and retire the old one when all have heard of the new.
      </p>
      {fault === undefined ? null : <Trouble again={again} error={fault} />}
      <PlainTable
        heads={['Database', 'Assurance', '>Tenants', 'Keys believed', 'Newest since', 'Keys', 'Wall']}
        label="Token keys"
        rows={output.data.map((of) => {
          const at = `${of.cluster}/${of.database}`
          return {
            key: at,
            cells: [
              <span className="font-medium break-all" key="at">
                {at}
              </span>,
              <Badge key="assurance" tone={TONES[of.assurance]}>
                {of.assurance}
              </Badge>,
              countWords(of.tenants),
              of.keys === 0 ? (
                'none'
              ) : of.keys === 1 ? (
                'one'
              ) : (
                <Badge key="keys" tone="warn">{`${of.keys}, the old one is to be retired`}</Badge>
              ),
              <Moment at={of.since} key="since" />,
              of.keys < 2 ? (
                <Button
                  aria-label={`Rotate the token key of ${at}`}
                  icon="refresh"
                  key="rotate"
                  of="assurance.rotate"
                  onClick={() => ask({ deed: 'rotate-tokens', of })}
                  refused={of.keys === 0 ? NO_TOKENS : undefined}
                >
                  Rotate …
                </Button>
              ) : (
                <Button
                  aria-label={`Retire the old token key of ${at}`}
                  icon="trash"
                  key="retire"
                  of="assurance.rotate"
                  onClick={() => ask({ deed: 'retire-tokens', of })}
                >
                  Retire the old …
                </Button>
              ),
              <Button
                aria-label={`Change the assurance of ${at}`}
                key="assurance-of"
                of="assurance.set"
                onClick={() => ask({ deed: 'assurance', of })}
                refused={of.assurance === 'dedicated' ? OF_ITS_HOME : undefined}
              >
                Change …
              </Button>,
            ],
          }
        })}
      />
      <EquivalentOf input={{}} name="assurance.show" />
    </div>
  )
}
