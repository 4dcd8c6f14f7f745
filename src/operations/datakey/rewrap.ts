import { z } from 'zod'
import { keyStoreOf } from '../../engine/offboarding/keys.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { counted } from '../../kernel/counted.js'

const input = z.strictObject({})

interface Memory {
  readonly [key: string]: unknown
  readonly keys?: number
}

export const rewrapDataKeys = operation({
  kind: 'steps',
  name: 'datakey.rewrap',
  summary: 'Wrap every data key anew with the first provider or master secret of the configuration. No archive is rewritten.',
  effect: 'change',
  input,
  output: z.object({ keys: z.number() }),
  faults: ['KEYS_UNCONFIGURED', 'KEY_UNAVAILABLE', 'SECRET_MISSING', 'STORE_UNREACHABLE'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/datakeys/rewrap',
  words: {
    says: ({ keys }) =>
      `${counted(keys, 'data key')} ${keys === 1 ? 'is' : 'are'} wrapped anew, in every copy of the key store; the former master secret opens none of them`,
  },

  async accept({ platform }): Promise<{ memory: Memory }> {
    keyStoreOf(platform)
    return { memory: {} }
  },

  steps: [
    {
      name: 'rewrap',
      async act({ platform }: StepContext<z.output<typeof input>, Memory>) {
        let keys = 0
        for await (const _ of keyStoreOf(platform).rewrap()) {
          keys++
          if (keys % 100 === 0) platform.progress(`${keys} data keys are wrapped anew`)
        }
        return { keys }
      },
    },
  ],

  result: async ({ memory }) => ({ keys: memory.keys! }),
})
