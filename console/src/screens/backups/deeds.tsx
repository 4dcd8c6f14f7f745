import type { ReactElement } from 'react'
import { Deed } from '../../parts/deed.js'
import { type Backup, shortId } from '../../words/backup-words.js'

/** What can be asked for here, and of which backup. */
export type BackupDeed =
  | { readonly deed: 'create'; readonly tenant: string | undefined }
  | { readonly deed: 'drill' | 'schedule' }
  | { readonly deed: 'verify' | 'prove' | 'beside' | 'as' | 'expire'; readonly backup: Backup }

export interface AskedDeedProps {
  readonly asked: BackupDeed
  /** A home has been made of a backup of this tenant. */
  readonly onRestored: (tenant: string) => void
  readonly onClose: () => void
}

/** The dialog of one of them. */
export function AskedDeed({ asked, onRestored, onClose }: AskedDeedProps): ReactElement {
  switch (asked.deed) {
    case 'create':
      return (
        <Deed
          ask={['tenant', 'label', 'tier', 'all', 'keep', 'note', 'verify', 'parallel']}
          detach
          fixed={{}}
          initial={asked.tenant === undefined ? {} : { tenant: asked.tenant }}
          name="backup.create"
          onClose={onClose}
          says="Written while tenants are served. One tenant, all with a label or of a tier, or every one."
          title="Back up now"
          verb="Back up"
        />
      )
    case 'drill':
      return (
        <Deed
          ask={['tenant', 'count', 'parallel']}
          detach
          fixed={{}}
          name="backup.drill"
          onClose={onClose}
          says="Backups of tenants chosen at random are restored beside them, compared row by row, and dropped again."
          title="Drill"
          verb="Drill"
        />
      )
    case 'schedule':
      return (
        <Deed
          fixed={{}}
          name="backup.schedule"
          onClose={onClose}
          says="How many daily, weekly and monthly backups are made and kept, of whom. Workers make and remove them."
          title="Set a policy"
          verb="Set"
        />
      )
    case 'verify':
      return (
        <Deed
          ask={[]}
          detach
          fixed={{ backup: asked.backup.id }}
          name="backup.verify"
          onClose={onClose}
          says="Every byte of it is read, in every place that it is kept in, and counted."
          title={`Verify ${shortId(asked.backup.id)}`}
          verb="Verify"
        />
      )
    case 'prove':
      return (
        <Deed
          ask={[]}
          detach
          fixed={{ backup: asked.backup.id }}
          name="backup.drill"
          onClose={onClose}
          says="It is restored beside its tenant, compared row by row with what was backed up, and dropped again."
          title={`Prove ${shortId(asked.backup.id)}`}
          verb="Prove"
        />
      )
    case 'beside':
      return (
        <Deed
          ask={['isolation', 'cluster', 'table', 'note']}
          fixed={{ backup: asked.backup.id }}
          name="backup.restore"
          onClose={onClose}
          onDone={() => onRestored(asked.backup.tenant ?? asked.backup.of)}
          says={
            <>It becomes a home beside the one that {asked.backup.of} lives in, which goes on as it is. Nothing is pointed to it by this.</>
          }
          title={`Restore beside ${asked.backup.of}`}
          verb="Restore"
        />
      )
    case 'as':
      return (
        <Deed
          ask={['as', 'name', 'isolation', 'cluster']}
          detach
          fixed={{ backup: asked.backup.id }}
          name="backup.restore"
          onClose={onClose}
          says="A new tenant is made of it, with all its rows of that moment."
          title="Restore as a new tenant"
          verb="Restore"
        />
      )
    case 'expire':
      return (
        <Deed
          danger
          fixed={{ backup: asked.backup.id }}
          name="backup.expire"
          onClose={onClose}
          says="From then on it may be pruned, unless it is the newest that is verified, or its tenant is held."
          title={`Let ${shortId(asked.backup.id)} go`}
          verb="Let go"
        />
      )
  }
}
