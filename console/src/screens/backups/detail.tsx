import type { ReactElement } from 'react'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Copy } from '../../parts/copy.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Bytes, Count } from '../../parts/figures.js'
import { JsonFold } from '../../parts/json-view.js'
import { Moment } from '../../parts/moment.js'
import { durationWords } from '../../parts/moment-words.js'
import { DetailPanel, Facts } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { To } from '../../parts/to.js'
import { type Backup, momentOf, proofOf } from '../../words/backup-words.js'
import type { BackupDeed } from './deeds.js'

export interface DetailProps {
  readonly id: string
  readonly ask: (deed: BackupDeed) => void
  readonly onClose: () => void
}

const mono = (text: string): ReactElement => <span className="font-mono text-xs break-all">{text}</span>

/** One backup: what is in it, what is known of it, and what can be made of it. */
export function Detail({ id, ask, onClose }: DetailProps): ReactElement {
  const { output, fault, refused, again } = useRead('backup.show', { backup: id }, { keep: false })
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  const proof = proofOf(output)
  const here = output.standing === 'here'
  return (
    <DetailPanel closes="Close the backup" onClose={onClose} title={`Backup of ${output.of}`}>
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap gap-2">
          <Actions ask={ask} backup={output} here={here} />
        </div>
        <Facts
          of={[
            [
              'State',
              <span className="inline-flex items-center gap-2" key="state">
                <Badge tone={proof.tone}>{proof.words}</Badge>
                {output.damage}
              </span>,
            ],
            [
              'Tenant',
              output.tenant === null ? undefined : here ? (
                <To className="text-accent underline" key="tenant" params={{ tenant: output.tenant }} to="/tenants/$tenant">
                  {output.of}
                </To>
              ) : (
                `${output.of}, which is ${output.standing === 'purged' ? 'purged' : 'not known here'}`
              ),
            ],
            ['Kind', output.kind],
            ['Of', <Moment at={momentOf(output)} key="at" />],
            ['Version', output.version === null ? undefined : mono(output.version)],
            ['Rows', output.rows === null ? undefined : <Count key="rows" of={output.rows} />],
            ['Size', <Bytes key="bytes" of={output.bytes} />],
            ['Verified', <Moment at={output.verifiedAt} key="verified" />],
            [
              'Proven',
              <span key="proven">
                <Moment at={output.provenAt} />
                {output.provenMs === null ? '' : `, in ${durationWords(output.provenMs)}`}
              </span>,
            ],
            ['May go', output.expiresAt === null ? 'not before somebody says so' : <Moment at={output.expiresAt} key="expires" />],
            ['Kept in', output.places.join(', ')],
            ['Encrypted', output.encrypted ? 'yes' : 'no'],
            ['Fingerprint', output.fingerprint === null ? undefined : mono(output.fingerprint)],
            ['Note', output.note ?? undefined],
            [
              'Id',
              <span className="inline-flex items-center gap-1" key="id">
                {mono(output.id)}
                <Copy label="Copy the id" text={output.id} />
              </span>,
            ],
          ]}
        />
        <JsonFold label={`The backup of ${output.of} as JSON`} value={output} />
        <EquivalentOf input={{ backup: id }} name="backup.show" />
      </div>
    </DetailPanel>
  )
}

function Actions({
  backup,
  here,
  ask,
}: {
  readonly backup: Backup
  readonly here: boolean
  readonly ask: DetailProps['ask']
}): ReactElement {
  const ofTenant = backup.tenant !== null
  const ready = backup.state === 'kept' ? undefined : 'It is not kept yet, or any more'
  return (
    <>
      {ofTenant ? (
        <>
          <Button
            icon="home"
            look="main"
            of="backup.restore"
            onClick={() => ask({ deed: 'beside', backup })}
            refused={ready ?? (here ? undefined : 'Its tenant is not here: restore it as a new one')}
          >
            Restore beside
          </Button>
          <Button icon="plus" of="backup.restore" onClick={() => ask({ deed: 'as', backup })} refused={ready}>
            As a new tenant
          </Button>
        </>
      ) : null}
      <Button icon="check" of="backup.verify" onClick={() => ask({ deed: 'verify', backup })} refused={ready}>
        Verify
      </Button>
      {ofTenant ? (
        <Button
          icon="shield"
          of="backup.drill"
          onClick={() => ask({ deed: 'prove', backup })}
          refused={ready ?? (here ? undefined : 'Its tenant is not here')}
        >
          Prove
        </Button>
      ) : null}
      <Button look="danger" of="backup.expire" onClick={() => ask({ deed: 'expire', backup })} refused={ready}>
        Let it go …
      </Button>
    </>
  )
}
