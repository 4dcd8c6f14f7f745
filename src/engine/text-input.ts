import { z } from 'zod'
import { isVisible, UNFIT } from '../kernel/plain-text.js'

const FIT = new RegExp(`^[^${UNFIT}]*$`, 'u')

/** Of something whose id is a UUID, said in words with its article. */
export const uuidInput = (whose: string) =>
  z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, `must be the id of ${whose}: a UUID in lower case`)

/** Text that people read: no control characters, nothing that turns the direction of writing, and something to see. */
export const plainText = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(FIT, 'must not contain control characters')
    .refine((text) => text === '' || isVisible(text), 'must have a visible character')
