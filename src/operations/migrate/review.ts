import type { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { sharedLook } from '../../engine/shared-look.js'
import { lintFiles, pendingIn, verdictOn } from './lint.js'
import { lintProject } from './lint-project.js'

// To parse every file takes a processor a while.
const SHARED_MS = 5_000
const looked = sharedLook<z.output<typeof lintFiles.output>>(SHARED_MS)

export const reviewMigrations = operation({
  kind: 'direct',
  name: 'migrate.review',
  summary: 'Judge the migration files as `migrate lint` does, but those of whoever answers: over HTTP, of the server.',
  effect: 'read',
  input: lintFiles.input,
  output: lintFiles.output,
  faults: lintFiles.faults,
  access: { roles: ['operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/migrations/lint',
  words: lintFiles.words,
  call: ({ platform }, given) =>
    looked(platform, JSON.stringify(given), async () => {
      const { since, pending, service, failOn } = given
      const linted = await lintProject(platform.config, { since, service }, pending ? await pendingIn(platform, service) : undefined)
      return verdictOn(linted, failOn)
    }),
})
