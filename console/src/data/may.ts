import type { OperationName } from './names.js'
import { refusalOf } from './refusal.js'
import { useWho } from './session.js'

/** Why whoever is signed in on this page may not run this; undefined where they may. */
export function useMay(name: OperationName | undefined, given?: Readonly<Record<string, unknown>>): string | undefined {
  const who = useWho()
  return name === undefined ? undefined : refusalOf(name, who, given)
}
