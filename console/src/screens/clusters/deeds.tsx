import type { ReactElement } from 'react'
import { Deed } from '../../parts/deed.js'

export const DEEDS = ['set', 'drain', 'undrain', 'observe', 'rotate', 'remove'] as const
export type DeedName = (typeof DEEDS)[number]

export type ClusterDeedProps = { readonly onClose: () => void } & (
  | { readonly deed: 'add' }
  | {
      readonly deed: DeedName
      readonly cluster: string
      /** The version that was shown when it was asked for. */
      readonly etag: string | undefined
      readonly onStale: () => void
      readonly onRemoved: () => void
    }
)

/** What can be done to a cluster. What changes how it is served holds only for the version that was shown. */
export function ClusterDeed(props: ClusterDeedProps): ReactElement {
  const { onClose } = props
  if (props.deed === 'add')
    return (
      <Deed
        fixed={{}}
        name="cluster.add"
        onClose={onClose}
        says="A server is made ready for tenants. Connection strings and passwords are named by references (env:NAME, file:path), never typed in here."
        title="Add a cluster"
        verb="Add"
      />
    )
  const { deed, cluster, etag, onStale, onRemoved } = props
  const common = { fixed: { cluster }, onClose }
  const versioned = { ...common, ifMatch: etag, onStale }
  switch (deed) {
    case 'set':
      return (
        <Deed
          {...versioned}
          name="cluster.set"
          says="What is left empty stays as it is. Applications hear of it within their placement TTL."
          title={`Change how applications reach ${cluster}`}
          verb="Change"
        />
      )
    case 'drain':
      return (
        <Deed
          {...versioned}
          ask={[]}
          name="cluster.drain"
          says="No new tenants go there, and none are kept warm there. Those that are there keep working, and stay."
          title={`Drain ${cluster}`}
          verb="Drain"
        />
      )
    case 'undrain':
      return (
        <Deed
          {...versioned}
          ask={[]}
          name="cluster.undrain"
          says="New tenants may go there again."
          title={`Let ${cluster} take tenants`}
          verb="Take tenants"
        />
      )
    case 'observe':
      return (
        <Deed
          {...common}
          ask={[]}
          name="cluster.observe"
          says="Its server counts what statements take, by pg_stat_statements in the administrator's own database, where tenants cannot see it."
          title={`Count the statements of ${cluster}`}
          verb="Count"
        />
      )
    case 'rotate':
      return (
        <Deed
          {...common}
          name="cluster.rotate"
          says="The logins of applications get another password, without an outage; with retire those from before are shut out."
          title={`Rotate the logins of ${cluster}`}
          verb="Rotate"
        />
      )
    case 'remove':
      return (
        <Deed
          {...common}
          danger
          name="cluster.remove"
          onDone={onRemoved}
          says="Its databases are dropped for good, and the platform forgets it. It must hold no tenants."
          title={`Remove ${cluster}`}
          types={cluster}
          verb="Remove"
        />
      )
  }
}
