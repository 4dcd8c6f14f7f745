import { useEffect, useState } from 'react'
import type { OperationName } from '../data/names.js'

/** Something that the screen that is shown can do. */
export interface Act {
  /** What, and to what: `Suspend acme …`. */
  readonly name: string
  readonly of: OperationName
  /** Why it cannot be asked for as things stand. */
  readonly refused?: string | undefined
  /** Opens the dialog that asks. */
  readonly does: () => void
}

let here: readonly Act[] = []

/** Tells the palette what can be done here, for as long as it is shown. */
export function Acts({ of }: { readonly of: readonly Act[] }): null {
  useEffect(() => {
    here = of
    return () => {
      if (here === of) here = []
    }
  }, [of])
  return null
}

/** As it stood when whoever asks was first shown: what is chosen is meant for what was seen then. */
export const useActsHere = (): readonly Act[] => useState(() => here)[0]
