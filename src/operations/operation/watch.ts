import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { systemClock } from '../../kernel/clock.js'
import { operationDetail, operationRef } from './row.js'
import { describeInWords, readOperation } from './show.js'

export const watchOperation = operation({
  kind: 'direct',
  name: 'operation.watch',
  summary: 'Wait until an operation has ended or paused, then show it.',
  effect: 'read',
  input: z.strictObject({
    operation: operationRef,
    seconds: z.coerce.number().int().min(1).max(3_600).default(300).describe('Stop waiting after this many seconds'),
  }),
  output: operationDetail,
  faults: ['OPERATION_NOT_FOUND'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/operations/{operation}/watch',
  words: { positionals: ['operation'], says: (o) => describeInWords(o) },
  async call({ platform, caller, signal }, { operation: id, seconds }) {
    const until = systemClock.now() + seconds * 1_000
    for (let delay = 100; ; delay = Math.min(delay * 1.5, 1_000)) {
      const found = await readOperation(platform, id, caller)
      const over = found.endedAt !== null || found.state === 'paused' || systemClock.now() + delay > until
      // Whoever has left is not waited for.
      if (over || signal?.aborted === true) return found
      await systemClock.sleep(delay, signal)
    }
  },
})
