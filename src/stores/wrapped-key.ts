import { createHash } from 'node:crypto'
import type { KeyContext } from '../kernel/key-provider.js'

/** Of a data key, in bytes. */
export const KEY_BYTES = 32

/** What a wrapped key is bound to. Both parts are of one length, so that no two contexts read the same. */
export const boundTo = ({ tenant, key }: KeyContext): Buffer =>
  Buffer.concat([tenant, key].map((text) => createHash('sha256').update(text).digest()))
