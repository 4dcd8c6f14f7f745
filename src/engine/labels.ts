import { z } from 'zod'
import { UNFIT } from '../kernel/plain-text.js'

const KEY = '[a-z0-9][a-z0-9._/-]{0,62}'
// No comma, which separates labels in a filter, and nothing that a terminal would obey.
const VALUE = `[^${UNFIT},]{0,200}`

export const MAX_LABELS = 64

export const LABEL_KEY = new RegExp(`^${KEY}$`)
export const LABEL = new RegExp(`^${KEY}=${VALUE}$`, 'u')
/** Labels that must all be there: `plan=gold,team=a`. */
export const LABELS = new RegExp(`^${KEY}=${VALUE}(,${KEY}=${VALUE})*$`, 'u')

export const word = z.string().regex(/^[a-z][a-z0-9-]{0,38}$/, 'must be a word of lower-case letters, digits and hyphens')

export const labelsFrom = (texts: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
