import type { ReactElement } from 'react'
import type { OperationName } from '../../data/names.js'
import { Deed, type DeedProps } from '../../parts/deed.js'
import type { Tenant } from '../../words/tenant-words.js'

/** What can be done to a tenant from its page. */
export const DEEDS = [
  'suspend',
  'resume',
  'clone',
  'backup',
  'set',
  'rename',
  'hold',
  'unhold',
  'delete',
  'undelete',
  'purge',
  'domain',
] as const
export type DeedName = (typeof DEEDS)[number]

export interface TenantDeedProps {
  readonly deed: DeedName
  readonly tenant: Tenant
  /** The version that was shown when it was asked for. */
  readonly etag: string | undefined
  readonly onStale: () => void
  readonly onRenamed: (slug: string) => void
  readonly onClose: () => void
}

/** The dialog of one of them. All that change the tenant itself hold only for the version that was shown. */
export function TenantDeed({ deed, tenant, etag, onStale, onRenamed, onClose }: TenantDeedProps): ReactElement {
  const { slug } = tenant
  const common = { fixed: { tenant: slug }, onClose }
  const versioned = { ...common, ifMatch: etag, onStale }
  const show = <Name extends OperationName>(props: DeedProps<Name>) => <Deed {...props} />
  switch (deed) {
    case 'suspend':
      return show({
        ...versioned,
        name: 'tenant.suspend',
        title: `Suspend ${slug}`,
        verb: 'Suspend',
        says: 'Every scope of it is refused from now on, here and in its database. Nothing is deleted.',
      })
    case 'resume':
      return show({
        ...versioned,
        name: 'tenant.resume',
        title: `Resume ${slug}`,
        verb: 'Resume',
        ask: [],
        says: 'Its scopes are let in again.',
      })
    case 'clone':
      return show({
        ...versioned,
        name: 'tenant.clone',
        title: `Clone ${slug}`,
        verb: 'Clone',
        detach: true,
        says: 'A new tenant gets all its rows, as they are at one moment. The messages of this page tell how far it is.',
      })
    case 'backup':
      return show({
        ...common,
        name: 'backup.create',
        title: `Back up ${slug}`,
        verb: 'Back up',
        detach: true,
        ask: ['keep', 'note', 'verify'],
        says: 'Written while it is served, and read back from every place if you ask for that.',
      })
    case 'set':
      return show({
        ...versioned,
        name: 'tenant.set',
        title: `Change ${slug}`,
        verb: 'Save',
        says: 'What is left empty stays as it is.',
      })
    case 'rename':
      return show({
        ...versioned,
        name: 'tenant.rename',
        title: `Rename ${slug}`,
        verb: 'Rename',
        initial: { slug, name: tenant.name },
        says: 'Its id and its home stay. The old slug is kept for it.',
        onDone: (output) => onRenamed(output.slug),
      })
    case 'hold':
      return show({
        ...versioned,
        name: 'tenant.hold',
        title: `Hold ${slug}`,
        verb: 'Hold',
        says: 'As long as it is held, nobody can purge it.',
      })
    case 'unhold':
      return show({
        ...versioned,
        name: 'tenant.unhold',
        title: `Lift the hold of ${slug}`,
        verb: 'Lift',
        ask: [],
        says: <>It is held for: {tenant.heldFor}</>,
      })
    case 'delete':
      return show({
        ...versioned,
        name: 'tenant.delete',
        title: `Delete ${slug}`,
        verb: 'Delete',
        danger: true,
        types: slug,
        says: 'Every scope of it is refused. Until the grace is over it can be taken back; after that it may be purged.',
      })
    case 'undelete':
      return show({
        ...versioned,
        name: 'tenant.undelete',
        title: `Take ${slug} back`,
        verb: 'Take back',
        ask: [],
        says: 'It is what it was before it was deleted.',
      })
    case 'purge':
      return show({
        ...versioned,
        name: 'tenant.purge',
        title: `Purge ${slug}`,
        verb: 'Destroy',
        danger: true,
        detach: true,
        types: slug,
        says: (
          <>
            This destroys the tenant and all its data. A final backup is made and verified first, unless it is waived: then nothing brings
            them back.
          </>
        ),
      })
    case 'domain':
      return show({
        ...common,
        name: 'domain.add',
        title: `Add a domain to ${slug}`,
        verb: 'Add',
        says: 'It counts once it is verified: a TXT record has to be published, which is shown afterwards.',
      })
  }
}
