import { createHash } from 'node:crypto'
import { fault } from '../kernel/faults.js'
import type { Session } from '../postgres/session.js'

/** What has an address of its own: a change to it may be asked for on condition that it is still as somebody has read it. */
export interface Resource<I> {
  /** For people: `tenant "acme"`. */
  readonly called: (input: I) => string
  /** Takes its row to the end of the transaction, so that nobody changes it between the look at it and the change. One that is not there is no matter. */
  readonly lock: (tx: Session, input: I) => Promise<void>
  /** As its own GET answers it. Throws the fault of one that is not there. */
  readonly show: (session: Session, input: I) => Promise<object>
}

/** Which versions a change is meant for; `*` is whichever there is. */
export type IfMatch = '*' | readonly string[]

/** The version of what was answered, given it or the JSON of it: another one as soon as a byte of that JSON is another. */
export const versionOf = (shown: object | string): string =>
  createHash('sha256')
    .update(typeof shown === 'string' ? shown : JSON.stringify(shown))
    .digest('base64url')

/** To be called in the transaction of the change, before it. Throws PRECONDITION_FAILED, and the fault of what is not there. */
export async function assertVersion<I>(tx: Session, resource: Resource<I>, input: I, wanted: IfMatch): Promise<void> {
  await resource.lock(tx, input)
  const version = versionOf(await resource.show(tx, input))
  if (wanted !== '*' && !wanted.includes(version)) throw fault('PRECONDITION_FAILED', { what: resource.called(input) })
}
