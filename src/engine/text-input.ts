import { z } from 'zod'
import { isVisible, UNFIT } from '../kernel/plain-text.js'

const FIT = new RegExp(`^[^${UNFIT}]*$`, 'u')

/** Text that people read: no control characters, nothing that turns the direction of writing, and something to see. */
export const plainText = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(FIT, 'must not contain control characters')
    .refine((text) => text === '' || isVisible(text), 'must have a visible character')
