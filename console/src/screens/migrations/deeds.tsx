import type { ReactElement } from 'react'
import { Deed } from '../../parts/deed.js'

/** What can be asked for here, and about what. */
export type MigrationDeed =
  | { readonly deed: 'migrate' | 'freeze' | 'unfreeze' | 'scan' }
  | { readonly deed: 'repair'; readonly class: string; readonly homes: number }
  | { readonly deed: 'retry' | 'resume' | 'pause' | 'cancel'; readonly operation: string }
  | { readonly deed: 'skip'; readonly operation: string; readonly item: string }

export type Ask = (deed: MigrationDeed) => void

/** The dialog of one of them. */
export function AskedDeed({ asked, onClose }: { readonly asked: MigrationDeed; readonly onClose: () => void }): ReactElement {
  switch (asked.deed) {
    case 'migrate':
      return (
        <Deed
          ask={['waves', 'soak', 'pauseBetween', 'errorBudget', 'canaries', 'rate', 'parallel', 'mode', 'service', 'despiteFreeze']}
          detach
          fixed={{}}
          name="migrate.up"
          onClose={onClose}
          says="Every home is brought to the newest file, in the order that the waves say. It can be paused before any next home."
          title="Migrate the fleet"
          verb="Migrate"
        />
      )
    case 'freeze':
      return (
        <Deed
          fixed={{}}
          name="migrate.freeze"
          onClose={onClose}
          says="No migration begins any more, and what runs stands still before its next home."
          title="Freeze migrations"
          verb="Freeze"
        />
      )
    case 'unfreeze':
      return (
        <Deed
          ask={[]}
          fixed={{}}
          name="migrate.unfreeze"
          onClose={onClose}
          says="Migrations may begin again. What stands still stays so until somebody goes on with it."
          title="Let migrations begin again"
          verb="Unfreeze"
        />
      )
    case 'scan':
      return (
        <Deed
          detach
          fixed={{}}
          name="drift.scan"
          onClose={onClose}
          says="Every home is looked at and compared with what the files make. Nothing is changed."
          title="Look at every home"
          verb="Scan"
        />
      )
    case 'repair':
      return (
        <Deed
          ask={['destructive', 'parallel']}
          danger
          detach
          fixed={{ class: asked.class }}
          name="drift.repair"
          onClose={onClose}
          says={
            <>
              The statements that are shown run in {asked.homes === 1 ? 'the one home' : `all ${asked.homes} homes`} of this class, each in
              one transaction, which is kept only if the home is as the files make it afterwards.
            </>
          }
          title={`Repair class ${asked.class}`}
          types={asked.class}
          verb="Repair"
        />
      )
    case 'retry':
      return (
        <Deed
          ask={[]}
          fixed={{ operation: asked.operation, background: true }}
          name="operation.retry"
          onClose={onClose}
          says="What has failed is tried once more. What is done is not done again."
          title="Try what has failed again"
          verb="Try again"
        />
      )
    case 'resume':
      return (
        <Deed
          ask={[]}
          fixed={{ operation: asked.operation, background: true }}
          name="operation.resume"
          onClose={onClose}
          says="It goes on with the homes that wait, not with those that have failed."
          title="Go on"
          verb="Go on"
        />
      )
    case 'pause':
      return (
        <Deed
          ask={[]}
          fixed={{ operation: asked.operation }}
          name="operation.pause"
          onClose={onClose}
          says="It stands still before its next home, until somebody goes on with it."
          title="Pause"
          verb="Pause"
        />
      )
    case 'cancel':
      return (
        <Deed
          ask={[]}
          danger
          fixed={{ operation: asked.operation }}
          name="operation.cancel"
          onClose={onClose}
          says="It ends where it stands. Homes that were migrated stay so."
          title="Cancel"
          verb="Cancel it"
        />
      )
    case 'skip':
      return (
        <Deed
          fixed={{ operation: asked.operation, item: asked.item }}
          name="operation.skip"
          onClose={onClose}
          says="This home is left out of the run, and stays at its version."
          title="Leave a home out"
          verb="Leave out"
        />
      )
  }
}
