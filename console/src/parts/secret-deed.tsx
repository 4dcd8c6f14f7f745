import { type ReactElement, type ReactNode, useRef, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import type { OperationName } from '../data/names.js'
import { Deed, type DeedProps } from './deed.js'
import { Secret } from './secret.js'

export interface SecretDeedProps<Name extends OperationName> extends Omit<DeedProps<Name>, 'onDone' | 'detach' | 'waits'> {
  /** What of the answer is shown once. */
  readonly secretOf: (output: OutputOf<Name>) => string
  readonly secretTitle: string
  readonly secretSays: ReactNode
}

/** A deed whose answer has a secret: once it is done, the secret stands in its place. */
export function SecretDeed<Name extends OperationName>(props: SecretDeedProps<Name>): ReactElement {
  const { secretOf, secretTitle, secretSays, onClose, ...deed } = props
  const [secret, setSecret] = useState<string>()
  const done = useRef(false)
  if (secret !== undefined) return <Secret onClose={onClose} says={secretSays} secret={secret} title={secretTitle} />
  return (
    <Deed<Name>
      {...(deed as unknown as DeedProps<Name>)}
      onClose={() => {
        if (!done.current) onClose()
      }}
      onDone={(output) => {
        done.current = true
        setSecret(secretOf(output))
      }}
      waits
    />
  )
}
