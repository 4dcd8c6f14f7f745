import { z } from 'zod'
import { operation } from '../../../src/engine/operation.js'

const suspend = {
  kind: 'direct',
  name: 'tenant.suspend',
  summary: 'Refuse every scope of a tenant.',
  effect: 'change',
  input: z.object({ tenant: z.string() }),
  output: z.object({ state: z.string() }),
  access: { roles: ['operator'] },
  words: { positionals: ['tenant'], says: ({ state }: { readonly state: string }) => state },
} as const

const states = async () => ({ state: 'suspended' })

// What must compile.
export const declared = operation({
  ...suspend,
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE'],
  async call({ fail }, { tenant }) {
    if (tenant === '') throw fail('TENANT_NOT_FOUND', { tenant })
    throw fail('TENANT_STATE', { tenant, state: 'creating', wanted: 'an active tenant' })
  },
})

// What must not.
export const undeclaredCode = operation({
  ...suspend,
  faults: ['TENANT_NOT_FOUND'],
  async call({ fail }, { tenant }) {
    // @ts-expect-error a code that the operation does not declare
    throw fail('TENANT_EXISTS', { slug: tenant })
  },
})

export const foreignFacts = operation({
  ...suspend,
  faults: ['TENANT_NOT_FOUND', 'TENANT_EXISTS'],
  async call({ fail }, { tenant }) {
    // @ts-expect-error the facts of another of its codes
    throw fail('TENANT_NOT_FOUND', { slug: tenant })
  },
})

export const noFaults = operation({
  ...suspend,
  faults: [],
  async call({ fail }, { tenant }) {
    // @ts-expect-error an operation that declares none has none
    throw fail('TENANT_NOT_FOUND', { tenant })
  },
})

export const unknownCode = operation({
  ...suspend,
  // @ts-expect-error a code that is not in the table
  faults: ['TENANT_GONE'],
  call: states,
})

export const wrongOutput = operation({
  ...suspend,
  faults: [],
  // @ts-expect-error another output than the declared one
  call: async () => ({ state: 1 }),
})

export const wrongRole = operation({
  ...suspend,
  faults: [],
  // @ts-expect-error a role that does not exist
  access: { roles: ['root'] },
  call: states,
})

export const wrongPositional = operation({
  ...suspend,
  faults: [],
  // @ts-expect-error a position for a field that the input does not have
  words: { positionals: ['name'], says: ({ state }) => state },
  call: states,
})
