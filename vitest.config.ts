import { defineConfig } from 'vitest/config'
import { LongFirst } from './test/support/long-first.js'

const source = (path: string): string => new URL(`./src/${path}`, import.meta.url).pathname

export default defineConfig({
  resolve: {
    // The package's own name means the sources, so that there is one copy of each module in a test.
    alias: [
      { find: /^tenantry$/, replacement: source('index.ts') },
      { find: /^tenantry\/(api|cache|control|server|embedded|testing|web|jobs|eslint)$/, replacement: source('$1.ts') },
      { find: /^tenantry\/(pg|kysely|drizzle|knex|typeorm|mikro-orm|prisma)$/, replacement: source('orm/$1.ts') },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', 'console/src/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/servers-worker.ts'],
    pool: 'forks',
    isolate: false,
    sequence: { sequencer: LongFirst },
    // On two cores: a third of the time is spent waiting for locks, leases and timeouts.
    maxWorkers: 3,
    // What takes two seconds alone takes thirty where every core has four others waiting for it.
    testTimeout: 120_000,
    // A second, which is the default, is little where three workers share two cores.
    expect: { poll: { timeout: 40_000 } },
    hookTimeout: 120_000,
    // Two cores and six thousand tests: the report names whatever needed another try, and no wall has one (scripts/test.mjs).
    retry: process.env.CI ? 2 : 0,
    // With --coverage.
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts'], reporter: ['text-summary', 'html'] },
  },
})
